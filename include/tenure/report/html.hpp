/// Text in HTML, and the look of the pages.
#pragma once

#include <string>
#include <string_view>

#include "../version.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace report {

/// A text as it must stand in HTML, in elements and in quoted attributes alike.
[[gnu::cold]] inline std::string html(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        // Control characters, which HTML does not have.
        result += static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\t' ? ' ' : c;
    }
  }
  return result;
}

namespace detail {

/// Colors by role, in light and in dark. Those of series keep apart for the color-blind (after Okabe and Ito, 2008,
/// darker on light ground and lighter on dark), and from the ground by a contrast of 3 at least; text by 4.5.
inline constexpr std::string_view style_sheet = R"css(
:root{color-scheme:light dark;--page:#f4f5f7;--card:#fff;--ink:#1c2330;--soft:#566072;--frame:#8a93a3;--grid:#e3e6eb;
--comparison:#39424f;--link:#0b5cad;--stripe:#f7f8fa;--series-1:#0b6bb8;--series-2:#cf5600;--series-3:#00805c;
--series-4:#a8478a;--series-5:#8a6a00;--series-6:#3d4756;
--heat-1:#0b4f9e;--heat-2:#3a70af;--heat-3:#6891c0;--heat-4:#97b2d0;--heat-5:#c5d3e1;--heat-6:#f4f4f2;
--heat-7:#e6c8c8;--heat-8:#d99c9e;--heat-9:#cb7073;--heat-10:#be4449;--heat-11:#b0181f}
@media(prefers-color-scheme:dark){:root{--page:#12161d;--card:#1b212b;--ink:#e7eaf0;--soft:#a5afbf;--frame:#76808f;
--grid:#2d3542;--comparison:#d3dae4;--link:#7ab8f5;--stripe:#202733;--series-1:#5fb0ee;--series-2:#f59a4a;
--series-3:#3fc49a;--series-4:#e08fc4;--series-5:#e0c04a;--series-6:#b8c2d0;--heat-1:#6db5ff;--heat-2:#619dda;
--heat-3:#5684b5;--heat-4:#4a6c91;--heat-5:#3f536c;--heat-6:#333b47;--heat-7:#5c484f;--heat-8:#855557;--heat-9:#ad635e;
--heat-10:#d67066;--heat-11:#ff7d6e}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.5 system-ui,sans-serif;-webkit-text-size-adjust:100%}
header,nav,main,footer{max-width:84rem;margin:0 auto;padding:0 1rem}
header p{max-width:48rem}
h1{font-size:1.7rem;line-height:1.2;margin:1.5rem 0 .5rem;overflow-wrap:anywhere}
h2{font-size:1.05rem;line-height:1.3;margin:0;overflow-wrap:anywhere}
p{margin:.4rem 0;overflow-wrap:anywhere}
a{color:var(--link)}
nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1rem;margin:.5rem 0;padding:0;list-style:none}
main{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,34rem),1fr));gap:1rem;padding-bottom:2rem}
.part{margin:0;padding:1rem;background:var(--card);border:1px solid var(--grid);border-radius:.6rem;min-width:0}
.table{grid-column:1/-1}
.caption{color:var(--soft);font-size:.9rem}
.problem{border-left:.25rem solid var(--series-2);padding-left:.7rem}
.plot svg{display:block;width:100%;max-width:48rem;height:auto;margin:0 auto}
.plot svg.narrow{display:none}
.plot text{fill:var(--ink)}
.points use{fill-opacity:.5}
.heat-map path,.heat-map polygon{shape-rendering:crispEdges}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;margin:.5rem 0 0;padding:0;list-style:none;font-size:.9rem}
.legend li{display:flex;align-items:center;gap:.4rem;overflow-wrap:anywhere}
.legend svg{flex:none;width:1.6rem;height:.9rem}
.legend svg.heat{width:9rem}
.scroll{overflow:auto;max-height:28rem;margin:.5rem 0}
.scroll:focus-visible{outline:2px solid var(--link)}
table{border-collapse:collapse;font-size:.92rem;min-width:100%}
th,td{padding:.35rem .7rem;text-align:left;border-bottom:1px solid var(--grid)}
td{white-space:nowrap}
td.text{white-space:normal;min-width:8rem}
thead th{position:sticky;top:0;background:var(--card);vertical-align:bottom}
tbody tr{background:var(--card)}
tr>:first-child{position:sticky;left:0;z-index:1}
td:first-child{background:inherit}
tbody tr:nth-child(even){background:var(--stripe)}
.number{text-align:right;font-variant-numeric:tabular-nums}
summary{cursor:pointer;color:var(--link);font-size:.9rem;margin-top:.4rem}
.symbols{position:absolute;width:0;height:0}
footer{color:var(--soft);font-size:.85rem;padding-bottom:1.5rem}
@media(max-width:40rem){.plot svg.wide{display:none}.plot svg.narrow{display:block;max-width:30rem}
.part{padding:.8rem}h1{font-size:1.4rem}}
@media print{body{background:none}.part{break-inside:avoid}.scroll{max-height:none}}
)css";

/// gnuplot's markers of types 7, 5, 9 and 13 under its names for them, of the size that they have in a plot.
inline constexpr std::string_view markers = R"svg(<svg class="symbols" aria-hidden="true"><defs>
<circle id="_gpPt6" r="2.8" fill="currentColor" stroke="none"/>
<rect id="_gpPt4" x="-2.5" y="-2.5" width="5" height="5" fill="currentColor" stroke="none"/>
<path id="_gpPt8" d="M0,-3.6 L-3.4,2.2 L3.4,2.2 z" fill="currentColor" stroke="none"/>
<path id="_gpPt12" d="M0,-3.6 L3.6,0 L0,3.6 L-3.6,0 z" fill="currentColor" stroke="none"/>
</defs></svg>
)svg";

}  // namespace detail

}}}  // namespace tenure::TENURE_ABI::report
