// The words of the pages in both languages, and the switch between them. The server chose the first one
// (Accept-Language, stands in <html lang>); what the viewer chose before goes first.
'use strict';

const kWords = {
  en: {
    name: 'Pier', assets: 'Assets', loading: 'Loading…', none: 'Nothing is published yet: pier publish FILE', more: 'Show more',
    position: 'Position', manifest: 'Manifest', picture: 'Picture', rung: 'Rung', decoded: 'Decoded', dropped: 'Dropped',
    buffer: 'Buffer', estimate: 'Network', auto: 'Automatic', tracks: 'Tracks', report: 'Report', play: 'Play this',
    playing: 'Playing', video: 'Video', audio: 'Sound', image: 'Thumbnails', text: 'Text',
    show: 'Show', hide: 'Hide', forced: 'forced', default: 'default',
    keys: 'Keys: space or K play, ← → 5 s, , and . one picture, M sound, F full screen',
    pass: 'passes', warn: 'passes with warnings', fail: 'fails', judged: 'no verdict yet',
    nocodec: 'This browser does not decode {0}', unsupported: 'This browser cannot play adaptive streams',
    noshaka: 'shaka-player is not installed here: npm ci --prefix web/player, then build again',
    notfound: 'There is no such asset', notpublished: 'Nothing of this asset is published yet ({0})',
    failed: 'Playback failed: {0}', unreachable: 'The server does not answer: {0}', channels: '{0} channels', mono: 'mono', other: '中文',
    partly: 'First rendition is out; {0}', rest: 'the others are at {0} %', halted: 'the others were not made ({0})',
    complete: 'All renditions are out now.', whole: 'Load them', partlyout: 'first rendition is out',
    state_new: 'new', state_publishing: 'being published', state_published: 'published', state_failed: 'failed',
  },
  zh: {
    name: '栈桥', assets: '资产', loading: '正在加载…', none: '还没有发布任何内容：pier publish 文件', more: '显示更多',
    position: '播放位置', manifest: '清单', picture: '画面', rung: '码率档', decoded: '已解码', dropped: '丢帧',
    buffer: '缓冲', estimate: '网速', auto: '自动', tracks: '轨道', report: '检测报告', play: '播放此档',
    playing: '播放中', video: '视频', audio: '声音', image: '缩略图', text: '字幕',
    show: '显示', hide: '关闭', forced: '强制显示', default: '默认',
    keys: '按键：空格或 K 播放，← → 5 秒，“,” 和 “.” 逐帧，M 静音，F 全屏',
    pass: '合格', warn: '合格，有警告', fail: '不合格', judged: '尚无结论',
    nocodec: '此浏览器不能解码 {0}', unsupported: '此浏览器不能播放自适应流',
    noshaka: '未安装 shaka-player：请运行 npm ci --prefix web/player 后重新构建',
    notfound: '没有这个资产', notpublished: '该资产尚未发布（{0}）',
    failed: '播放失败：{0}', unreachable: '服务器没有响应：{0}', channels: '{0} 声道', mono: '单声道', other: 'English',
    partly: '首个版本已发布；{0}', rest: '其余版本已完成 {0} %', halted: '其余版本未生成（{0}）',
    complete: '所有版本均已发布。', whole: '加载全部', partlyout: '首个版本已发布',
    state_new: '新建', state_publishing: '发布中', state_published: '已发布', state_failed: '失败',
  },
};

function chosenLanguage() {
  try {
    const kept = localStorage.getItem('pier.language');
    if (kept === 'zh' || kept === 'en') return kept;
  } catch { /* storage may be forbidden */ }
  return document.documentElement.lang.startsWith('zh') ? 'zh' : 'en';
}

let language = chosenLanguage();

/** The word in the language shown; {0} is replaced by `detail`. */
function word(key, detail) {
  const text = kWords[language][key] ?? key;
  return detail === undefined ? text : text.replace('{0}', detail);
}

function applyLanguage() {
  document.documentElement.lang = language === 'zh' ? 'zh-Hans' : 'en';
  for (const element of document.querySelectorAll('[data-word]')) element.textContent = word(element.dataset.word);
  for (const element of document.querySelectorAll('[data-label]')) element.setAttribute('aria-label', word(element.dataset.label));
  const button = document.getElementById('language');
  button.textContent = word('other');
  button.lang = language === 'zh' ? 'en' : 'zh-Hans';
  document.dispatchEvent(new CustomEvent('pier-language'));
}

document.getElementById('language').addEventListener('click', () => {
  language = language === 'zh' ? 'en' : 'zh';
  try { localStorage.setItem('pier.language', language); } catch { /* as above */ }
  applyLanguage();
});

/** An element with text and attributes; text never becomes markup. */
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value !== undefined && value !== null) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** JSON of the API; an Error with the problem's detail and `status` otherwise. */
async function getJson(path) {
  const response = await fetch(path, {headers: {Accept: 'application/json'}});
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw Object.assign(new Error(body.detail ?? response.statusText), {status: response.status});
  return body;
}
