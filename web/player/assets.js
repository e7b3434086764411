// The start page: all assets, newest first.
'use strict';

const list = document.getElementById('assets');
const more = document.getElementById('more');
const message = document.getElementById('message');
let shown = [];
let next = '';

function card(asset) {
  const day = new Date(asset.updated);
  const when = isNaN(day) ? '' : day.toLocaleString(document.documentElement.lang);
  const state = word('state_' + asset.state) + (asset.grid?.expected ? ` (${word('partlyout')})` : '');
  const inside = [
    make('strong', {}, asset.title || asset.id),
    make('small', {}, `${state} · ${asset.ladder || ''} · ${when}`),
  ];
  const playable = asset.publication > 0;
  return make('li', {}, make(playable ? 'a' : 'div', playable ? {href: '/play/' + asset.id} : {class: 'card'}, ...inside));
}

function draw() {
  list.replaceChildren(...shown.map(card));
  message.hidden = shown.length > 0;
  if (shown.length === 0) message.textContent = word('none');
  more.hidden = !next;
}

async function load() {
  try {
    const page = await getJson('/v1/assets?limit=60' + (next ? '&cursor=' + encodeURIComponent(next) : ''));
    shown = shown.concat(page.assets);
    next = page.next ?? '';
    draw();
    document.addEventListener('pier-language', draw);
  } catch (error) {
    message.hidden = false;
    message.textContent = word('unreachable', error.message);
  }
}

more.addEventListener('click', load);
applyLanguage();
load();
