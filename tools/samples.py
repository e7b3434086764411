#!/usr/bin/env python3
"""samples.py PIER DIR SCRATCH: probe, check and publish (ladder tiny) every media file or IMF folder in DIR; a table.

Exit code 1 when anything crashed; a refusal in words is an answer, not a crash.
"""
import json
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

NO_MEDIA = {'.md', '.txt', '.json', '.xml', '.srt', '.vtt', '.log', '.sh', '.py', ''}
COLUMNS = ['file', 'container', 'codec', 'raster', 'bits', 'rate', 'range', 'sound', 'warn', 'verdict', 'publish']
SECONDS = 1800


def samples(folder):
    for path in sorted(folder.iterdir()):
        if path.is_dir() and any(path.glob('ASSETMAP*')):
            yield path
        elif path.is_file() and path.suffix.lower() not in NO_MEDIA:
            yield path


def run(pier, *arguments):
    """(exit code, last JSON object, what crashed)."""
    try:
        done = subprocess.run([pier, *map(str, arguments), '--json'], capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return 2, {}, f'no answer in {SECONDS} s'
    lines = done.stdout.decode(errors='replace').strip().splitlines()
    try:
        answer = json.loads(lines[-1]) if lines else {}
    except ValueError:
        answer = {}
    if done.returncode < 0:
        return done.returncode, answer, f'killed by signal {-done.returncode}'
    if not answer:
        said = done.stderr.decode(errors='replace').strip()[-200:]
        return done.returncode, {}, f'exit code {done.returncode} without JSON: {said}'
    error = answer.get('error', {})
    return done.returncode, answer, error.get('message', '') if error.get('code') in ('crashed', 'internal') else ''


def rate_text(video):
    number, _, per = video.get('frame_rate', '0').partition('/')
    value = float(number) / float(per or 1)
    return ('%.3f' % value).rstrip('0').rstrip('.') + ('i' if video.get('interlaced') else '') + \
        (' variable' if video.get('variable_rate') else '')


def describe_video(facts, row):
    videos = facts.get('video', [])
    if not videos:
        return []
    main = facts.get('main_video', -1)
    video = videos[main if main >= 0 else 0]
    more = f' (+{len(videos) - 1})' if len(videos) > 1 else ''
    row['codec'] = ' '.join(filter(None, [video.get('codec_name') or video['codec'], video.get('profile')])) + more
    row['raster'] = f"{video['width']}x{video['height']}" + (f" rot {video['rotation']}" if video.get('rotation') else '')
    row['bits'] = f"{video['format']['bit_depth']} {video['format']['chroma']}"
    row['rate'] = rate_text(video)
    row['range'] = video['hdr']
    return [f"carriers disagree: {d['message']}" for v in videos for d in v.get('disagreements', [])]


def describe_audio(facts):
    sounds = [f"{a.get('codec_name') or a['codec']} {a.get('layout') or str(a['channels']) + ' ch'}"
              for a in facts.get('audio', [])]
    return (sounds[0] + (f' (+{len(sounds) - 1})' if len(sounds) > 1 else '')) if sounds else 'none'


def look_at(pier, path, data):
    """(row of the table, lines below it, did something crash)."""
    row, notes, crashes = dict.fromkeys(COLUMNS, '-'), [], []
    row['file'] = path.name
    _, facts, crash = run(pier, 'probe', path)
    crashes += [f'probe: {crash}'] * bool(crash)
    if 'error' in facts:
        notes.append(f"probe: {facts['error']['message']}")
    elif facts:
        row['container'] = facts['container']
        warnings = describe_video(facts, row) + facts.get('warnings', [])
        row['sound'], row['warn'] = describe_audio(facts), str(len(warnings))
        notes += warnings
    _, checked, crash = run(pier, 'check', path)
    crashes += [f'check: {crash}'] * bool(crash)
    report = checked.get('report', {})
    if report:
        row['verdict'] = f"{report['verdict']} {report['profile']}"
        notes += [f"{r['rule']}: {r['evidence']['en']}" for r in report.get('rules', []) if r['outcome'] == 'broken']
    elif 'error' in checked:
        row['verdict'] = 'refused'
        notes.append(f"check: {checked['error']['message']}")
    _, published, crash = run(pier, 'publish', path, '--ladder', 'tiny', '--data', data)
    crashes += [f'publish: {crash}'] * bool(crash)
    if 'error' in published:
        row['publish'] = f"refused: {published['error'].get('code', '')}"
        notes.append(f"publish: {published['error']['message']}")
    elif published:
        row['publish'] = f"{len(published.get('tracks', []))} tracks"
    if crashes:
        row['publish'] = 'CRASHED'
    return row, crashes + notes, bool(crashes)


def width_of(text):
    return sum(2 if unicodedata.east_asian_width(c) in 'WF' else 1 for c in text)


def print_table(rows):
    rows = [dict(zip(COLUMNS, COLUMNS)), *rows]
    widths = {c: max(width_of(row[c]) for row in rows) for c in COLUMNS}
    for row in rows:
        print('  '.join(row[c] + ' ' * (widths[c] - width_of(row[c])) for c in COLUMNS).rstrip())


def main():
    pier, folder, scratch = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    rows, below, crashed = [], [], 0
    for path in samples(folder):
        print(f'{path.name} ...', file=sys.stderr, flush=True)
        row, notes, crash = look_at(pier, path, scratch / 'data')
        rows.append(row)
        below += [f'{path.name}', *(f'  {note}' for note in notes)] if notes else []
        crashed += crash
    if not rows:
        print(f'no media in {folder}', file=sys.stderr)
        return 2
    print_table(rows)
    print('', *below, '', f'{len(rows)} samples, {crashed} crashed', sep='\n')
    return 1 if crashed else 0


sys.exit(main())
