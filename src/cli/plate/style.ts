/** The style sheet of the plate. Colours are variables with a value for light and one for dark; contrast with the paper is 4.5:1 at least for all text. */

/** Subsets of the fonts as base64 of woff2. */
export interface PlateFonts {
  readonly text: string;
  readonly textBold: string;
  readonly title: string;
  readonly code: string;
}

const LIGHT = `--paper:#fbf9f3;--panel:#f4f0e6;--ink:#1d2329;--fill:#474c51;--muted:#5c6067;--alarm:#b2361c;--tint:#f3d9cf;--sound:#1f5f57;--hair:#d8d2c4;--skin:#f6f2e8;--engrave:#8b8a84;
--c1:#1f4e79;--c2:#6caed1;--c3:#2a7566;--c4:#a3cdb4;--c5:#a87f2e;--c6:#e2cc8c;--c7:#655590;--c8:#b7acd2;--co:#b5b1a6`;
const DARK = `--paper:#11161a;--panel:#181f24;--ink:#e9e5db;--fill:#bfbcb3;--muted:#a2a7ab;--alarm:#ff8d6d;--tint:#4a2a22;--sound:#7fcdbb;--hair:#313940;--skin:#161d22;--engrave:#7c8388;
--c1:#4a8cc8;--c2:#a9d3ee;--c3:#3a9c87;--c4:#b4dfc6;--c5:#c6973f;--c6:#efdca4;--c7:#8d7cc4;--c8:#cdc3e8;--co:#52585d`;

const COLOURS = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8', 'co'];

export function styleSheet(fonts: PlateFonts): string {
  const face = (family: string, style: string, weight: number, data: string) =>
    `@font-face{font-family:"${family}";font-style:${style};font-weight:${weight};src:url(data:font/woff2;base64,${data}) format("woff2")}`;
  return [
    face('Plate Text', 'normal', 400, fonts.text),
    face('Plate Text', 'normal', 700, fonts.textBold),
    face('Plate Title', 'italic', 500, fonts.title),
    face('Plate Code', 'normal', 400, fonts.code),
    `:root{color-scheme:light dark;${LIGHT}}`,
    `@media (prefers-color-scheme:dark){:root{${DARK}}}`,
    // printed on white paper whatever the screen has
    `@media print{:root{color-scheme:light;${LIGHT};--paper:#fff;--skin:#fff}}`,
    ...COLOURS.map((name) => `.${name}{fill:var(--${name});background:var(--${name})}`),
    BASE,
    CHARTS,
    FISH,
    SECTIONS,
    NARROW,
    PRINT,
  ].join('\n');
}

const BASE = `*{box-sizing:border-box;margin:0}
html{background:var(--paper);-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{background:var(--paper);color:var(--ink);font:400 15px/1.5 "Plate Text",Mulish,ui-sans-serif,system-ui,sans-serif;font-variant-numeric:tabular-nums lining-nums;overflow-wrap:anywhere}
main{max-width:1276px;margin:0 auto;padding:28px clamp(16px,4vw,48px) 40px}
h1,h2,h3,.lede,.brand>span,.brand i,.facts dt,.organs dt>i,.words dt{font-family:"Plate Title","Cormorant Garamond",Georgia,serif;font-style:italic;font-weight:500}
h1{font-size:clamp(38px,5.6vw,64px);line-height:1.05;letter-spacing:-.01em;padding-bottom:.08em}
h1.long{font-size:clamp(26px,3.4vw,38px);line-height:1.15}
h2{font-size:32px;line-height:1.15;margin-bottom:16px}
h3{font-size:22px;line-height:1.25}
small{font-size:13px;color:var(--muted)}
code.flags,.note code,h3 code{white-space:nowrap}code{font:400 .86em/1.5 "Plate Code","JetBrains Mono",ui-monospace,monospace;font-variant-ligatures:none}
section{margin-top:44px;border-top:1px solid var(--ink);padding-top:10px}
.note{color:var(--muted);max-width:78ch;overflow-wrap:anywhere}
.alarm{color:var(--alarm)}.sound{color:var(--sound)}.muted{color:var(--muted)}
.brand{border-top:3px double var(--ink);padding-top:9px;display:flex;flex-wrap:wrap;gap:2px 14px;align-items:baseline;margin-bottom:22px}
.brand>span{font-size:20px}.brand i{font-size:19px;color:var(--muted)}.brand time{margin-left:auto;font-size:13px;color:var(--muted)}
.lede{font-size:clamp(21px,2.5vw,27px);line-height:1.3}
.seal{font-weight:500}
.calm{margin-top:14px;color:var(--muted)}
.findings{list-style:none;padding:0;margin-top:18px;columns:2;column-gap:40px}
.findings li{break-inside:avoid;padding:0 0 12px 18px;position:relative;line-height:1.35}
.findings .glyph{position:absolute;left:0;top:1px;font-size:12px;color:var(--muted)}
.findings a{color:inherit;font-weight:700;text-decoration:underline;text-decoration-color:var(--hair);text-decoration-thickness:1px;text-underline-offset:3px}
a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--sound);outline-offset:2px}
:target>h2,:target>h3{text-decoration:underline;text-decoration-color:var(--alarm);text-decoration-thickness:2px;text-underline-offset:6px}
.findings small{display:block}
.findings .is-alarm .glyph,.findings .is-alarm a,.findings .is-warning .glyph{color:var(--alarm)}
.facts{display:flex;flex-wrap:wrap;gap:14px 24px;justify-content:space-between;margin-top:14px;border-top:1px solid var(--hair);border-bottom:1px solid var(--hair);padding:9px 0 10px}
.facts div{min-width:0}.facts dt{font-size:17px;line-height:1.3;color:var(--muted)}.facts dd{font-size:20px;font-weight:700;line-height:1.35;white-space:nowrap}
.facts small{display:block;width:min-content;min-width:100%;overflow-wrap:normal;font-weight:400;line-height:1.4;white-space:normal}.facts code{font-size:16px}`;

const CHARTS = `svg{display:block}.chart{overflow:visible}
.geometry{shape-rendering:crispEdges}
.grid{stroke:var(--hair);stroke-width:1;shape-rendering:crispEdges}
.base{stroke:var(--ink);stroke-width:1}
.epoch-line{stroke:var(--ink);stroke-width:1.4;stroke-dasharray:3.5 3.5}
.tick{font-size:12px;fill:var(--muted)}.halo{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}.epoch{color:var(--muted);background:var(--panel);line-height:18px;padding:0 4px 0 7px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}.figure{font-size:12.5px;fill:var(--ink)}
.late,.alarm-fill{fill:var(--alarm)}.hollow{fill:none;stroke:var(--alarm);stroke-width:1.4}
.ink{fill:var(--fill)}.frames{fill:var(--fill);background:var(--fill)}.rest{fill:var(--engrave);background:var(--engrave)}.log{fill:var(--hair);background:var(--hair)}.tint{fill:var(--tint)}.band{fill:var(--panel)}.even{stroke:var(--alarm);stroke-width:1.6}
.hits{fill:transparent}.hits rect:hover{fill:var(--ink);fill-opacity:.14}
.swatch{display:inline-block;width:10px;height:10px;margin-right:7px;flex:none}.swatch.empty{background:none;border:1px solid var(--muted)}
.axis .row{display:grid;grid-template-columns:126px minmax(0,1fr) 142px;align-items:center;min-width:0}
.axis .label{padding-right:14px;line-height:1.35;min-width:0}.axis .label b{display:block;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.axis .label small,.axis .label small span{display:block;line-height:1.32}
.axis .value{padding-left:14px;font-size:13px;color:var(--muted);min-width:0}.axis .value .alarm{color:var(--alarm)}
.axis .events{align-items:stretch}.axis .events .value{align-self:end;padding-bottom:20px}
.legend{list-style:none;padding:0}.legend li{display:flex;align-items:center;line-height:20px;color:var(--ink)}.legend span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;min-width:0}.legend b{font-weight:400;color:var(--muted);margin-left:auto;padding-left:8px;white-space:nowrap}
.narrow{display:none}.axis~.note,.cards~.note{margin-top:14px}
details{margin-top:14px}summary{cursor:pointer;color:var(--muted);margin-bottom:8px;width:fit-content}
.figures{font-size:13px}.scroll{max-height:320px;overflow:auto;width:fit-content;max-width:100%;padding-right:14px}.scroll table{width:auto;font-size:13px}.scroll th,.scroll td{padding:2px 24px 2px 0;white-space:nowrap}.scroll thead th{position:sticky;top:0;background:var(--paper)}`;

const FISH = `.plate{border:0;padding:0;margin-top:22px}
.specimen{position:relative;padding:68px 0 66px}
.fish{width:100%;height:auto;overflow:visible}
.skin{fill:var(--skin)}.fin{fill:var(--skin);fill-opacity:.45}.line{fill:none;stroke:var(--ink);stroke-width:1.3;stroke-linejoin:round;stroke-linecap:round}.thick{stroke-width:1.9}
.hair{fill:none;stroke:var(--engrave);stroke-width:.9}
.stripe{fill-opacity:.52;stroke:var(--ink);stroke-opacity:.5;stroke-width:.8}
.strokes{stroke:var(--ink)}.arch{fill:none;stroke:var(--ink);stroke-width:1.2}
.bladder{fill:var(--paper);stroke:var(--ink);stroke-width:1.2}.pectoral{fill:var(--paper);fill-opacity:.86;stroke:var(--ink);stroke-width:1.2}
.eye{fill:var(--paper);stroke:var(--ink);stroke-width:1.6}.pupil{fill:var(--ink)}.glint{fill:var(--paper)}
.ray{stroke:var(--ink);stroke-width:2.6;stroke-linecap:round}.owed{stroke:var(--alarm);stroke-width:1.8;stroke-dasharray:1.8 4.2;stroke-linecap:round}.tip{fill:var(--ink)}.owing{fill:var(--alarm)}
.dot{fill:var(--paper);stroke:var(--ink);stroke-width:1.1}
.letters{display:none}.letters circle{fill:var(--paper);stroke:var(--ink);stroke-width:2}.letters text{font:italic 500 30px "Plate Title",Georgia,serif;text-anchor:middle;fill:var(--ink)}
.organs>div{position:absolute;line-height:1.32}.organs dt{line-height:1.2}.organs dt>i{font-size:21px}.organs .letter{display:none}.organs dd span{display:block;font-size:clamp(13px,1.65vw,14.5px);white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.o-a,.o-b,.o-c,.o-d{top:0}.o-e,.o-f,.o-g{bottom:0}
.o-a{left:1.2%;width:20.4%}.o-b{left:22%;width:22%}.o-c{left:44.4%;width:31.4%}.o-d{left:76.2%;width:23.8%}.o-e{left:13.6%;width:26.6%}.o-f{left:40.8%;width:24%}.o-g{left:65.4%;width:34.6%}
.caption{font-size:13px;color:var(--muted);max-width:78ch;margin-top:18px}.caption b{color:var(--ink)}`;

const SECTIONS = `table{border-collapse:collapse;width:100%;font-size:14px;line-height:1.4}
th,td{text-align:left;padding:4px 10px 4px 0;vertical-align:top;font-weight:400}th:last-child,td:last-child{padding-right:0}
thead th{color:var(--muted);font-size:13px;border-bottom:1px solid var(--ink);vertical-align:bottom}
thead th{overflow-wrap:normal}thead .zone,.last thead .zone{white-space:normal}tbody th{min-width:72px}
tbody tr{border-bottom:1px solid var(--hair)}.name,.name+tr>td:first-child{border:0}.name th{padding-bottom:0}.name b{word-break:break-all}
.num{text-align:right;white-space:nowrap}
th small{display:block;padding-left:17px}
.partitions td,.partitions th{vertical-align:middle}.partitions .bar{width:20%;padding-left:6px}.partitions .spark{width:20%;padding-left:8px}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(max(160px,22%),1fr));gap:26px 22px}.cards.few{grid-template-columns:repeat(auto-fill,minmax(max(205px,22%),1fr))}.cards h3{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.cards small{display:block;line-height:1.4}.cards .failure{margin:6px 0}.lag{font-size:19px;font-weight:700;line-height:1.4}
article{min-width:0}.bars{margin:8px 0 6px}.bars .tick{font-size:11px}
.members{list-style:none;padding:0;font-size:13px;line-height:1.45;color:var(--muted)}.members li{padding-left:13px;position:relative}.members li::before{content:"";position:absolute;left:0;top:.5em;width:7px;height:7px;border-radius:50%;background:var(--sound)}.members b{color:var(--ink)}
#parked{margin-top:30px}#parked h3{margin-bottom:6px}#parked h3 small{font-family:"Plate Text",Mulish,ui-sans-serif,system-ui,sans-serif;font-style:normal;margin-left:8px}
.parked{table-layout:fixed}.parked th:nth-child(1){width:15%}.parked th:nth-child(2){width:8%}.parked th:nth-child(4){width:6%}.parked th:nth-child(5){width:24%}.parked th:nth-child(6){width:17%}
.parked .said,.failure .said{display:block;color:var(--muted);word-break:break-word}
.histograms{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:28px clamp(24px,3vw,40px)}
figure{min-width:0}figure h3{margin-bottom:8px}figcaption{font-size:13px;color:var(--muted);line-height:1.45;margin-top:4px}
.pair{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:0 44px}
.keys{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:2px 20px;margin:8px 0 12px;font-size:13px}.keys li{white-space:nowrap}
.last td,.last th{padding-right:14px}.last td:nth-child(-n+3),.last th{white-space:nowrap}.last .payload{width:99%;color:var(--muted);word-break:break-all}
footer{margin-top:44px;border-top:3px double var(--ink);padding-top:14px;font-size:13px;line-height:1.5;color:var(--muted)}
footer p{margin-top:10px}footer code{color:var(--ink)}
.words{display:grid;grid-template-columns:repeat(auto-fill,minmax(235px,1fr));gap:8px 28px}.words dt{font-size:17px;line-height:1.3;color:var(--ink)}`;

/** From 760 px on the drawing has labels with leaders, and rows have their names beside them. Below that there are letters and a list. */
const NARROW = `@media screen and (max-width:759.98px){
main{padding-top:20px}section{margin-top:36px}h1{font-size:38px}.plate{margin-top:18px}
.findings{columns:1}.facts{display:grid;grid-template-columns:1fr 1fr}.facts dd{white-space:normal}.facts div:last-child{grid-column:1/-1}
.wide{display:none}.narrow{display:inline}
.specimen{padding:0;display:flex;flex-direction:column-reverse}.leaders{display:none}.letters{display:inline}
.organs{display:grid;grid-template-columns:1fr 1fr;gap:12px 16px;margin-top:14px}.organs>div{position:static;width:auto;padding-left:18px}.organs .letter{display:inline;margin-left:-18px;display:inline-block;width:18px;color:var(--alarm);font-size:18px}.organs dt small{display:block}.organs dd span{font-size:13.5px;white-space:normal}
.axis .row{grid-template-columns:minmax(0,1fr) auto;padding-top:3px}.axis .label{padding:0 8px 2px 0}.axis .plot{grid-column:1/-1;grid-row:2}.axis .value{padding:0;text-align:right}
.axis .events{padding-top:0}.axis .events .label{grid-column:1/-1;padding-bottom:22px}.axis .label small span{display:inline}.axis .label small span+span::before{content:"· "}.axis .events .value{grid-column:1/-1;grid-row:3;text-align:left;padding:2px 0 8px}
.legend{display:flex;flex-wrap:wrap;gap:0 16px}.legend li{max-width:100%}.legend b{padding-left:6px;margin:0}
.cards,.cards.few,.histograms,.pair{grid-template-columns:minmax(0,1fr)}.cards h3{white-space:normal}
.partitions .bar{width:24%}
.parked thead{display:none}.parked tr{display:flex;flex-wrap:wrap;justify-content:space-between;padding:7px 0}.parked td,.parked th{padding:0}.parked th:nth-child(n){flex:1;width:auto;padding-right:14px}.parked td:nth-child(2){width:auto}.parked .num::after{content:" events"}.parked td:nth-child(3),.parked td:nth-child(5){width:100%}
.last thead{display:none}.last tr{display:flex;flex-wrap:wrap;padding:7px 0}.last td,.last th{padding:0 14px 0 0;min-width:0}.last .payload{width:100%;padding:0}
}
@media screen and (max-width:379.98px){.partitions .bar{display:none}}`;

const PRINT = `@page{size:A4;margin:14mm}
@media print{main{max-width:none;padding:0}body{font-size:12px}small,.note,.axis .value,footer{font-size:11.5px}.facts{gap:10px 14px}.facts dd{font-size:16px}.facts code{font-size:13px}.cards{grid-template-columns:repeat(auto-fill,minmax(150px,1fr))}.histograms{gap:20px}.histograms .tick{font-size:10.5px}table{font-size:12.5px}figcaption{font-size:11.5px}section{margin-top:26px;break-inside:avoid}#time,#partitions,#groups,#last{break-inside:auto}h2,h3{break-after:avoid}tr,article,figure,.axis .row{break-inside:avoid}.fish .stripe,svg,.swatch{-webkit-print-color-adjust:exact;print-color-adjust:exact}a,:target>h2,:target>h3{text-decoration:none}.figures{display:none}}
@media (forced-colors:active){.swatch{forced-color-adjust:none}}`;
