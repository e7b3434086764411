#!/usr/bin/env python3
"""Leftovers of work in tracked text: marks of things to do, conflict marks, trailing blanks, a file without last newline."""
import re
import subprocess
import sys
from pathlib import Path

MARKS = re.compile(r'\b(TO' r'DO|FIX' r'ME|X' r'XX)\b|^(<{7}|>{7}) ')
TEXT = ('.cpp', '.hpp', '.py', '.sh', '.md', '.txt', '.toml', '.sql', '.yaml', '.cmake', '.js', '.ts', '.html', '.css')


def main():
    names = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard', '-z'], check=True, capture_output=True,
                           text=True).stdout.split('\0')
    wrong, count = [], 0
    for name in names:
        if not (name.endswith(TEXT) or name in ('dev', '.ci/run')) or '/corpus/' in name or '/golden/' in name:
            continue
        if not Path(name).is_file():
            continue
        count += 1
        text = Path(name).read_text(errors='replace')
        if text and not text.endswith('\n'):
            wrong.append(f'{name}: no newline at the end')
        for number, line in enumerate(text.split('\n'), 1):
            if MARKS.search(line):
                wrong.append(f'{name}:{number}: leftover: {line.strip()[:80]}')
            elif line != line.rstrip() and not name.endswith('.md'):
                wrong.append(f'{name}:{number}: blanks at the end of the line')
    for line in wrong:
        print(f'text: {line}')
    print(f'text: {count} files, {len(wrong)} wrong')
    return 1 if wrong else 0


sys.exit(main())
