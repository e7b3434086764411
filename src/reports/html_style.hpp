#pragma once
// Style and script of the HTML report. Not one address in it: the page opens offline and asks for nothing.

namespace pier::reports {

/// Comfort only: folded tables unfold when the page is printed.
inline constexpr const char* kScript =
    "addEventListener('beforeprint',()=>document.querySelectorAll('details').forEach(d=>d.open=true));";

inline constexpr const char* kStyle = R"css(
:root{--ink:#1d2329;--muted:#68737d;--rule:#d5dce1;--hair:#e9edf0;--paper:#f6f8f9;--accent:#2f6f9f;
--pass:#1e7a4c;--warn:#a46a00;--fail:#b3261e;--open:#5a6570;color-scheme:light}
*{box-sizing:border-box}
body{margin:0;background:#eef1f3;color:var(--ink);
font:15px/1.55 "Inter","Source Sans 3","Helvetica Neue",Arial,"Liberation Sans","Noto Sans CJK SC","Source Han Sans SC",
"PingFang SC","Microsoft YaHei","WenQuanYi Micro Hei","DejaVu Sans",sans-serif;
font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
main{max-width:1056px;margin:0 auto;background:#fff;padding:48px 48px 32px;box-shadow:0 1px 3px rgba(29,35,41,.12)}
p,dl,ul,figure{margin:0}
.brand{color:var(--muted);font-size:13px;letter-spacing:.02em;border-bottom:1px solid var(--rule);padding-bottom:10px}
.brand b{color:var(--ink);font-weight:600;margin-right:12px}
h1{font-size:25px;line-height:1.25;font-weight:600;margin:22px 0 18px;overflow-wrap:anywhere}
h2{font-size:18px;line-height:1.3;font-weight:600;margin:0 0 12px}
h3{font-size:16px;line-height:1.45;font-weight:600;margin:6px 0 2px;overflow-wrap:anywhere}
code{font:12px/1.5 "JetBrains Mono","DejaVu Sans Mono","Liberation Mono",Menlo,Consolas,monospace;color:var(--muted);
overflow-wrap:anywhere}
section{margin-top:42px}
.verdict{--tone:var(--open);border-left:6px solid var(--tone);background:var(--paper);padding:16px 22px 18px}
.pass{--tone:var(--pass)}.warn{--tone:var(--warn)}.fail{--tone:var(--fail)}.open{--tone:var(--open)}.plain{--tone:#8a949d}
.verdict .word{color:var(--tone);font-size:40px;line-height:1.2;font-weight:650;letter-spacing:-.01em}
.verdict .counts{color:var(--ink);margin-top:4px}
dl.summary{display:grid;grid-template-columns:1fr 1fr;gap:0 40px;margin-top:18px}
dl.summary div,dl.digests div{display:flex;gap:14px;padding:6px 0;border-bottom:1px solid var(--hair)}
dt{flex:none;width:128px;color:var(--muted);font-size:13px;line-height:1.8;overflow-wrap:anywhere}
dd{margin:0;overflow-wrap:anywhere;min-width:0}
dl.digests dt{width:200px}
dl.digests dd{font:12px/1.9 "JetBrains Mono","DejaVu Sans Mono","Liberation Mono",Menlo,Consolas,monospace,
"Noto Sans CJK SC","WenQuanYi Micro Hei"}
.intro{color:var(--muted);font-size:13.5px;margin:-6px 0 12px}
.clause{border-top:1px solid var(--rule);padding:14px 0 18px}
.clause .label{display:flex;flex-wrap:wrap;gap:4px 12px;align-items:baseline}
.badge{color:#fff;background:var(--tone);font-size:12px;line-height:1;padding:4px 8px;border-radius:3px}
.clause .source{color:var(--muted);font-size:13px;margin-left:auto;overflow-wrap:anywhere}
.clause .evidence,.remark{overflow-wrap:anywhere}
.remark{color:var(--muted);font-size:13px}
ul.found{list-style:none;padding:0;margin:10px 0 0;font-size:14px}
ul.found li{display:flex;flex-wrap:wrap;gap:2px 14px;padding:5px 0 5px 12px;border-left:2px solid var(--tone);
align-items:baseline;margin-bottom:4px}
ul.found .time{font-weight:600;white-space:nowrap}
ul.found .detail{color:var(--muted);overflow-wrap:anywhere}
ul.found code{margin-left:auto}
ul.found .more{color:var(--muted)}
.dispute{flex-basis:100%;color:var(--warn);overflow-wrap:anywhere}
.stills{display:grid;grid-template-columns:repeat(auto-fill,minmax(224px,1fr));gap:14px;margin-top:14px}
.stills img{display:block;width:100%;height:auto;background:#000;border-radius:2px}
.stills figcaption{color:var(--muted);font-size:12.5px;margin-top:4px}
.plot{margin:0 0 22px}
.plot figcaption{display:flex;flex-wrap:wrap;gap:2px 12px;align-items:baseline;margin-bottom:6px}
.plot figcaption b{font-weight:600}
.plot figcaption span{color:var(--muted);font-size:13px}
svg{display:block;width:100%;height:auto;font-family:inherit}
.gamut svg{max-width:480px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13px;line-height:1.45}
th{text-align:left;font-weight:600;color:var(--muted);padding:6px 16px 6px 0;border-bottom:1px solid var(--rule);
vertical-align:bottom}
td{padding:6px 16px 6px 0;border-bottom:1px solid var(--hair);vertical-align:top;overflow-wrap:break-word;max-width:420px}
tr.fail td{color:var(--fail)}tr.fail td:first-child{box-shadow:inset 3px 0 var(--fail);padding-left:10px}
tr.warn td{color:var(--warn)}tr.open td{color:var(--muted)}
summary{cursor:pointer;display:flex;gap:12px;align-items:baseline}
summary h2{display:inline}
summary::before{content:"+";color:var(--accent);font-weight:600;width:12px}
details[open]>summary::before{content:"\2013"}
summary::-webkit-details-marker{display:none}
.rows{color:var(--muted);font-size:13px}
.notes{padding-left:20px;overflow-wrap:anywhere}
.footer{margin-top:26px;color:var(--muted);font-size:12.5px}
@media (max-width:760px){main{padding:24px 18px}dl.summary{grid-template-columns:1fr}.verdict .word{font-size:30px}
.clause .source,ul.found code{margin-left:0}}
@media print{@page{size:A4;margin:15mm}body{background:#fff;font-size:12px}main{max-width:none;padding:0;box-shadow:none}
section{margin-top:26px}.clause,figure,tr{break-inside:avoid}h2{break-after:avoid}.verdict,.badge{print-color-adjust:exact;
-webkit-print-color-adjust:exact}.scroll{overflow:visible}table{font-size:10.5px}summary::before{content:none}}
)css";

}  // namespace pier::reports
