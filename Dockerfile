# The Debian package built where Swift is, installed where it is not. One image serves the daemon and the workstation.
FROM swift:6.2-bookworm AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends make git python3 fakeroot dpkg-dev binutils \
        libncurses-dev libpq-dev libcurl4-openssl-dev libssl-dev postgresql tmux \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN make deb

FROM debian:bookworm-slim
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
COPY --from=build /source/dist/*.deb /tmp/
# Without recommendations: the database is a service of its own here.
# hadolint ignore=DL3008
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends /tmp/*.deb openssh-server locales ncurses-term postgresql-client \
    && rm -rf /tmp/*.deb /var/lib/apt/lists/* /etc/ssh/ssh_host_* \
    && sed -i 's/^# *\(en_US.UTF-8\)/\1/' /etc/locale.gen && locale-gen \
    && useradd --uid 1000 --create-home --home-dir /var/lib/riskdeck --shell /bin/bash riskdeck \
    && usermod --password '*' riskdeck \
    && install -d -o riskdeck -g riskdeck -m 700 /var/lib/riskdeck/data
COPY packaging/docker/sshd_config /etc/ssh/sshd_config
COPY packaging/docker/workstation.sh /usr/local/bin/riskdeck-workstation
ENV LANG=en_US.UTF-8 RISKDECK_DATA_DIR=/var/lib/riskdeck/data
VOLUME /var/lib/riskdeck/data
WORKDIR /var/lib/riskdeck
USER 1000:1000
HEALTHCHECK --interval=60s --timeout=15s --start-period=30s CMD ["riskdeck", "status", "--json"]
CMD ["riskdeck", "daemon"]
