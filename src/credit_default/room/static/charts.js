// Draws each chart from the JSON that stands beside it.
document.addEventListener("DOMContentLoaded", () => {
  for (const chart of document.querySelectorAll("figure.chart")) {
    const figure = JSON.parse(chart.querySelector("script[type='application/json']").textContent);
    Plotly.newPlot(chart.querySelector(".plot"), figure.data, figure.layout, { responsive: true, displaylogo: false });
  }
});
