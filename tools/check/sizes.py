#!/usr/bin/env python3
"""Hard limits: 800 lines a source file, 80 lines a function, 12 public headers a module. tools/size_allow.txt excepts.

Functions are found by form (clang-format's): a line at column 0 or 2 ends with "{" after a parameter list, and the
function ends where "}" stands in the same column.
"""
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

FILE_LINES, FUNCTION_LINES, HEADERS = 800, 80, 12
NO_FUNCTION = re.compile(r'\s*(namespace|class|struct|enum|union|extern|if|for|while|switch|do|else|try|catch)\b|.*=\s*\{$')


def allowed(path='tools/size_allow.txt'):
    entries = {}
    for line in Path(path).read_text().splitlines():
        if line and not line.startswith('#'):
            what, _, reason = line.partition('  # ')
            entries[what.strip()] = reason.strip()
    return entries


def functions(lines):
    """Yields (first line, name, length)."""
    number = 0
    while number < len(lines):
        line = lines[number]
        column = len(line) - len(line.lstrip())
        if column not in (0, 2) or not line.endswith('{'):
            number += 1
            continue
        start = number
        while start > 0 and lines[start - 1].strip() and not re.search(r'[;{}]$|:$|^#|^\s*//', lines[start - 1]):
            start -= 1
        head = ' '.join(text.strip() for text in lines[start:number + 1])
        if '(' not in head or NO_FUNCTION.match(head):
            number += 1
            continue
        end = number + 1
        while end < len(lines) and not lines[end].startswith(' ' * column + '}'):
            end += 1
        macro = re.match(r'(TEST\w*)\((\w+), (\w+)\)', head)
        name = f'{macro[2]}.{macro[3]}' if macro else re.search(r'([\w~:]+|operator\S+)\s*\(', head)
        yield start + 1, name if isinstance(name, str) else name[1] if name else head[:40], end - start + 1
        number = end + 1


def main():
    allow, used, wrong = allowed(), set(), []

    def limit(what, where, size, most, unit):
        if size <= most:
            return
        if what in allow:
            used.add(what)
        else:
            wrong.append(f'{where}: {size} {unit}, at most {most}')

    files = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard', '*.cpp', '*.hpp', '*.sh', '*.py', 'dev'],
                           check=True, capture_output=True, text=True).stdout.split()
    files = [name for name in files if Path(name).is_file()]
    headers = Counter(name.split('/')[1] for name in files if re.match(r'src/\w+/include/pier/\w+/[^/]+\.hpp$', name))
    longest, count = 0, 0
    for name in files:
        lines = Path(name).read_text(errors='replace').splitlines()
        limit(name, name, len(lines), FILE_LINES, 'lines')
        if name.endswith(('.cpp', '.hpp')):
            for number, function, length in functions(lines):
                count += 1
                longest = max(longest, length)
                limit(f'{name}:{function}', f'{name}:{number} {function}', length, FUNCTION_LINES, 'lines')
    for module, number in headers.items():
        limit(f'src/{module}/include', f'src/{module}/include', number, HEADERS, 'public headers')
    wrong += [f'tools/size_allow.txt: {what} needs no exception any more' for what in allow if what not in used]
    wrong += [f'tools/size_allow.txt: {what} has no reason' for what, reason in allow.items() if not reason]
    for line in wrong:
        print(f'sizes: {line}')
    print(f'sizes: {len(files)} files, {count} functions, the longest {longest} lines, {len(wrong)} wrong')
    return 1 if wrong else 0


sys.exit(main())
