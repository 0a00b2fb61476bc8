// Draws each chart from the JSON that stands beside it, in the page's colours, and lets the keyboard walk over its points.
// Plotly is loaded by the first page that has a chart; the style elements that it makes carry the page's nonce.
(() => {
  const plotlyAddress = new URL("plotly.min.js", document.currentScript.src);
  const KEPT = new Set(["hovertemplate", "texttemplate", "tickformat", "hoverformat"]);
  const SERIES = ["model", "truth", "third", "fourth", "fifth", "sixth"];
  const begun = new WeakSet(); // plots, each drawn once, whoever asks for it
  let loading = null;

  function loadPlotly() {
    if (loading) return loading;
    const { nonce } = document.querySelector("style[nonce]") ?? {};
    const make = document.createElement.bind(document);
    document.createElement = (name, ...rest) => {
      const element = make(name, ...rest);
      if (nonce && String(name).toLowerCase() === "style") element.nonce = nonce;
      return element;
    };
    loading = new Promise((resolve, reject) => {
      const script = make("script");
      script.src = plotlyAddress;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
    return loading;
  }

  // Plotly takes texts for a kind of HTML; names that come from data are shown to the letter.
  function escapeTexts(value, key = "") {
    if (typeof value === "string") return KEPT.has(key) ? value : value.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    if (Array.isArray(value)) return value.map((item) => escapeTexts(item, key));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, escapeTexts(item, name)]));
  }

  function readColours() {
    const style = getComputedStyle(document.documentElement);
    return (name) => style.getPropertyValue(name).trim();
  }

  function paintTrace(trace, place, colour) {
    const role = trace.meta?.role ?? SERIES[place % SERIES.length];
    const own = colour(`--chart-${role}`) || colour("--chart-model");
    if (role === "band") {
      trace.fillcolor = own;
      trace.line = { width: 0, color: own };
    } else {
      trace.line = { width: 2, ...trace.line, color: own };
      const points = trace.meta?.levels?.map((level) => colour(`--chart-${level}`) || own);
      const shades = Array.isArray(trace.marker?.color);
      trace.marker = { size: 8, ...trace.marker, color: shades ? trace.marker.color : points ?? own };
      if (shades) trace.marker.colorscale = [[0, colour("--chart-low")], [1, colour("--chart-high")]];
      if (trace.type === "bar") { delete trace.line; delete trace.marker.size; }
      for (const error of ["error_x", "error_y"]) if (trace[error]) trace[error] = { thickness: 1.5, width: 4, ...trace[error], color: own };
    }
    if (trace.customdata) trace.hovertemplate = "%{customdata}<extra></extra>";
  }

  function paintLayout(layout, colour) {
    const clear = "rgba(0,0,0,0)";
    const axis = { gridcolor: colour("--line"), zerolinecolor: colour("--soft"), linecolor: colour("--line"), automargin: true };
    const coarse = matchMedia("(pointer: coarse)").matches; // a finger scrolls the page
    Object.assign(layout, {
      autosize: true, paper_bgcolor: clear, plot_bgcolor: clear,
      font: { color: colour("--ink"), family: "system-ui, sans-serif", size: 13 },
      hoverlabel: { bgcolor: colour("--panel"), bordercolor: colour("--soft"), font: { color: colour("--ink") }, align: "left" },
      legend: { orientation: "h", yanchor: "bottom", y: 1.02, x: 0, ...layout.legend },
      margin: { l: 8, r: 12, t: 8, b: 8, ...layout.margin },
      dragmode: coarse ? false : "zoom",
    });
    for (const name of ["xaxis", "yaxis"]) layout[name] = { ...axis, ...layout[name] };
    for (const shape of layout.shapes ?? []) shape.line = { width: 1, dash: "dot", ...shape.line, color: colour("--soft") };
  }

  function wrap(text, width) {
    return text.split(" ").reduce((lines, word) => {
      const last = lines.at(-1);
      return last !== undefined && last.length + word.length < width ? [...lines.slice(0, -1), `${last} ${word}`] : [...lines, word];
    }, []);
  }

  // On a narrow screen long labels beside the rows would leave no room for the points.
  function wrapLabels(layout, source) {
    const labels = source.layout?.yaxis?.categoryarray;
    if (!labels) return;
    const wrapped = labels.map((label) => wrap(String(label), 18));
    const deepest = Math.max(1, ...wrapped.map((lines) => lines.length));
    layout.yaxis.tickvals = layout.yaxis.categoryarray;
    layout.yaxis.ticktext = wrapped.map((lines) => lines.map((line) => escapeTexts(line)).join("<br>"));
    layout.yaxis.tickfont = { size: 11 };
    layout.height = Math.max(source.layout.height ?? 0, 90 + labels.length * (deepest * 14 + 8));
  }

  function paint(source, width) {
    const colour = readColours();
    const figure = escapeTexts(source);
    figure.layout ??= {};
    if (width < 600) wrapLabels(figure.layout, source);
    figure.data.forEach((trace, place) => paintTrace(trace, place, colour));
    paintLayout(figure.layout, colour);
    return figure;
  }

  function readFigure(chart) {
    return JSON.parse(chart.querySelector(".source").textContent);
  }

  async function draw(chart) {
    const plot = chart.querySelector(".plot");
    if (begun.has(plot)) return;
    begun.add(plot);
    plot.replaceChildren(); // what a page from the history still shows
    await loadPlotly();
    const source = readFigure(chart);
    const { data, layout } = paint(source, plot.clientWidth);
    if (layout.height) plot.style.height = `${layout.height}px`;
    await Plotly.newPlot(plot, data, layout, { responsive: true, displayModeBar: false, showTips: false });
    walk(chart, plot, source);
    chart.dataset.drawn = "yes";
  }

  function drawAll(root = document) {
    for (const chart of root.querySelectorAll?.("figure.chart") ?? []) draw(chart);
    if (root.matches?.("figure.chart")) draw(root);
  }

  function drawAgain() {
    for (const chart of document.querySelectorAll("figure.chart[data-drawn]")) {
      const plot = chart.querySelector(".plot");
      const { data, layout } = paint(readFigure(chart), plot.clientWidth);
      Plotly.react(plot, data, layout);
    }
  }

  // The lines of points that the arrow keys walk: one a trace.
  function listLines(data) {
    return data.flatMap((trace, curve) => {
      if (trace.hoverinfo === "skip") return [];
      const length = Math.max(trace.x?.length ?? 0, trace.y?.length ?? 0);
      const points = Array.from({ length }, (_, at) => ({ at, x: trace.x?.[at], said: trace.customdata?.[at] ?? `${trace.name ?? ""} ${trace.x?.[at]}: ${trace.y?.[at] ?? "none"}`, gap: trace.y?.[at] === null || trace.x?.[at] === null }));
      return [{ curve, points: points.filter((point) => !point.gap) }];
    }).filter((line) => line.points.length);
  }

  function walk(chart, plot, source) {
    const lines = listLines(source.data);
    const said = chart.querySelector(".said");
    let line = 0, place = -1;
    plot.tabIndex = 0;
    plot.setAttribute("role", "application");
    plot.setAttribute("aria-roledescription", "interactive chart");

    function step(toLine, toPlace) {
      if (!lines.length) return;
      line = (toLine + lines.length) % lines.length;
      const { curve, points } = lines[line];
      place = Math.min(Math.max(toPlace, 0), points.length - 1);
      const point = points[place];
      Plotly.Fx.hover(plot, [{ curveNumber: curve, pointNumber: point.at }]);
      said.textContent = `${point.said} (${place + 1} of ${points.length})`;
    }

    function zoom(factor) {
      const axis = plot._fullLayout.xaxis;
      const [low, high] = axis.range.map((end) => axis.r2l(end));
      const here = place >= 0 ? axis.d2l?.(lines[line].points[place].x) : NaN;
      const middle = Number.isFinite(here) ? here : (low + high) / 2;
      const half = ((high - low) / 2) * factor;
      Plotly.relayout(plot, { "xaxis.range": [middle - half, middle + half].map((end) => axis.l2r(end)) });
      said.textContent = factor < 1 ? "zoomed in" : "zoomed out";
    }

    function reset() {
      const fixed = (name) => source.layout?.[name]?.range;
      Plotly.relayout(plot, Object.fromEntries(["xaxis", "yaxis"].map((name) => fixed(name) ? [`${name}.range`, [...fixed(name)]] : [`${name}.autorange`, true])));
      said.textContent = "the whole chart is shown";
    }

    const keys = {
      ArrowRight: () => step(line, place + 1),
      ArrowLeft: () => step(line, place - 1),
      ArrowDown: () => step(place < 0 ? 0 : line + 1, place),
      ArrowUp: () => step(place < 0 ? 0 : line - 1, place),
      Home: () => step(line, 0),
      End: () => step(line, Infinity),
      "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), "−": () => zoom(2),
      0: reset,
      Escape: () => { Plotly.Fx.unhover(plot); said.textContent = ""; },
    };
    plot.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
      event.preventDefault();
      keys[event.key]();
    });
    plot.addEventListener("blur", () => Plotly.Fx.unhover(plot));
  }

  // On paper: white, and with the figures' table, whatever the screen shows.
  function onPaper(printing) {
    document.documentElement.classList.toggle("on-paper", printing);
    for (const table of document.querySelectorAll("figure.chart details")) {
      if (printing && !table.open) { table.open = true; table.dataset.opened = "for-print"; }
      if (!printing && table.dataset.opened) { table.open = false; delete table.dataset.opened; }
    }
    drawAgain();
  }

  document.addEventListener("DOMContentLoaded", () => drawAll());
  document.addEventListener("htmx:load", (event) => drawAll(event.target));
  document.addEventListener("htmx:historyRestore", () => drawAll());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAgain);
  matchMedia("print").addEventListener("change", (event) => onPaper(event.matches));
})();
