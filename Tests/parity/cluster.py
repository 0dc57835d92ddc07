"""A private PostgreSQL cluster for one comparison: made, started, stopped and removed by this program."""
import glob
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile


class Cluster:
    database = "parity"

    def __enter__(self):
        binaries = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[4]))
        self.binaries = pathlib.Path(binaries[-1] if binaries else os.path.dirname(shutil.which("postgres") or "/"))
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="riskdeck-parity-", dir="/tmp"))
        # PostgreSQL refuses to run as root.
        self.prefix = []
        if os.getuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self.prefix = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.call("initdb", "-D", self.folder / "data", "-U", "postgres", "--auth=trust", "-N", "-E", "UTF8", "--locale=C.UTF-8")
        with open(self.folder / "data" / "postgresql.conf", "a") as settings:
            settings.write(f"listen_addresses = '127.0.0.1'\nport = {self.port}\n"
                           f"unix_socket_directories = '{self.folder}'\nlog_statement_stats = off\n")
        self.call("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-w", "start")
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/{self.database}"
        self.psql(f"create database {self.database}", database="postgres")
        return self

    def __exit__(self, *_):
        self.call("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def call(self, program, *arguments):
        command = self.prefix + [str(self.binaries / program), *map(str, arguments)]
        # The server must not inherit a pipe, or waiting for the pipe's end would wait for the server.
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
        if done.returncode:
            raise SystemExit(f"{program} failed")

    @property
    def process(self):
        """The server's process id."""
        return int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])

    def psql(self, sql=None, file=None, variables=None, database=None):
        command = [str(self.binaries / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1",
                   "-p", str(self.port), "-U", "postgres", "-d", database or self.database]
        for name, value in (variables or {}).items():
            command += ["-v", f"{name}={value}"]
        command += ["-c", sql] if sql else ["-f", str(file)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"psql failed: {done.stderr}\n{sql or file}")
        return done.stdout.strip()

    def value(self, sql):
        return self.psql(sql)

    def script(self, file, variables):
        self.psql(file=file, variables=variables)

    def drop_schemas(self, *prefixes):
        for prefix in prefixes:
            names = self.value(f"select nspname from pg_namespace where nspname like '{prefix}%'").splitlines()
            for name in names:
                self.psql(f'set client_min_messages = warning; drop schema "{name}" cascade')

    def migrate(self, folder):
        if self.value("select to_regclass('staging.raw_customers')"):
            return
        for file in sorted(folder.glob("*.sql")):
            self.psql(file=file)
