#!/usr/bin/env python3
"""Writes jinja_cases.json: random templates with what Jinja itself renders of them.

Usage: jinja_cases.py SEED COUNT (needs the package jinja2). Templates that Jinja refuses are left out.
"""
import json
import pathlib
import random
import sys

import jinja2

env = jinja2.Environment(extensions=["jinja2.ext.do"])
random.seed(int(sys.argv[1]))
SUBSCRIPTS = ["0", "-1", "1:", "::-1", ":2", '"k"']
atoms=['1','2','-3','0','2.5','"a b"',"'x,y,z'",'""','true','false','none','[1,2,3]','["b","a","C"]','{"k":1,"j":[1]}','[]','(1,2)','x','s','l','d']
filters=['upper','lower','length','trim','join("-")','list','first','last','sort','unique|list','replace("a","b")','default("z")','int','float','abs','round(1)','reverse|list','string','title','capitalize','sum','min','max','map("string")|join','select|list','wordcount','tojson','batch(2)|list','map("upper")|list','reject("none")|list']
binops=['+','-','*','//','%','~','==','!=','<','>','<=','>=','in','not in','and','or','/','**']
tests=['defined','none','number','string','mapping','sequence','even','odd','iterable','boolean','integer','float','true','false']
def e(d):
    if d<=0: return random.choice(atoms)
    r=random.random()
    if r<.3: return f'{e(d-1)} {random.choice(binops)} {e(d-1)}'
    if r<.4: return f'({e(d-1)})'
    if r<.55: return f'{e(d-1)}|{random.choice(filters)}'
    if r<.62: return f'not {e(d-1)}'
    if r<.7: return f'{e(d-1)} if {e(d-1)} else {e(d-1)}'
    if r<.77: return f'({e(d-1)}) is {random.choice(["","not "])}{random.choice(tests)}'
    if r<.82: return f'[{e(d-1)}, {e(d-1)}]'
    if r<.87: return f'({e(d-1)})[{random.choice(SUBSCRIPTS)}]'
    if r<.9: return f'-{random.choice(atoms)}'
    return random.choice(['s.upper()','s.split(" ")','l.index(2)','d.get("k")','d.items()|list','d.keys()|list','s.replace("a","q")','range(3)|list','"{} {}".format(1,2)','s.startswith("a")','" pad ".strip()'])
def stmt():
    k=random.random()
    if k<.6: return '{{ '+e(3)+' }}'
    if k<.75: return '{%- for i in '+random.choice(['l','range(4)','d','s',e(1)])+random.choice(['',' if i'])+' -%} {{ i }}{{ loop.index }}{{ "," if not loop.last }} {%- else -%} none {%- endfor %}'
    if k<.85: return '{% if '+e(2)+' %} A {%- elif '+e(2)+' -%} B {% else %} C {% endif %}'
    if k<.92: return '{% set x = '+e(2)+' %}{{ x }}'
    return '{% macro m(a, b=2) %}{{ a }}/{{ b }}{% endmacro %}{{ m('+e(1)+') }}'
PROLOGUE = '{% set x = 5 %}{% set s = "a B c" %}{% set l = [3, 2, 9] %}{% set d = {"k": 7, "z": "w"} %}'
cases = []
while len(cases) < int(sys.argv[2]):
    template = PROLOGUE + "".join(random.choice(["a ", "\n", ""]) + stmt() for _ in range(random.randint(1, 2)))
    try:
        answer = env.from_string(template).render()
    except Exception:
        continue
    # Addresses and huge numbers are of no use to compare.
    if len(answer) < 400 and " at 0x" not in answer:
        cases.append([template, answer])
(pathlib.Path(__file__).parent / "jinja_cases.json").write_text(json.dumps(cases, ensure_ascii=False, indent=0) + "\n")
