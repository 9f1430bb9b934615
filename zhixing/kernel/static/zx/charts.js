/* Charts: <div class="zx-chart" data-chart="ID" data-chart-table="TABLE"></div> with
   <script type="application/json" id="ID">{ECharts option}</script>. ECharts is fetched only when a chart is on the page.
   A data item may carry "url": clicking it opens the rows behind the number. Colours: "$c1" … "$bad" name tokens of the theme. */
(function () {
  "use strict";
  var src = document.currentScript.getAttribute("data-echarts");
  var loading = null;
  var live = [];

  function library() {
    if (window.echarts) return Promise.resolve(window.echarts);
    loading = loading || new Promise(function (resolve, reject) {
      var script = document.createElement("script");
      script.src = src;
      script.onload = function () { resolve(window.echarts); };
      script.onerror = reject;
      document.head.appendChild(script);
    });
    return loading;
  }
  function token(name) { return getComputedStyle(document.documentElement).getPropertyValue("--zx-" + name).trim(); }
  function resolve(value) {
    if (typeof value === "string") return value.charAt(0) === "$" ? token(value.slice(1)) || value : value;
    if (Array.isArray(value)) return value.map(resolve);
    if (value && typeof value === "object") {
      var out = {};
      Object.keys(value).forEach(function (key) { out[key] = resolve(value[key]); });
      return out;
    }
    return value;
  }
  function theme() {
    var axis = {
      axisLine: { lineStyle: { color: token("ln") } },
      axisTick: { show: false },
      axisLabel: { color: token("mut"), fontSize: 12 },
      splitLine: { lineStyle: { color: token("ln"), type: "dashed" } },
      nameTextStyle: { color: token("mut") },
    };
    return {
      color: ["c1", "c2", "c3", "c4", "c5", "c6"].map(token),
      backgroundColor: "transparent",
      textStyle: { fontFamily: token("font"), color: token("ink2") },
      title: { textStyle: { color: token("ink") }, subtextStyle: { color: token("mut") } },
      legend: { textStyle: { color: token("ink2") }, icon: "roundRect", itemWidth: 12, itemHeight: 8, itemGap: 18, pageTextStyle: { color: token("mut") } },
      categoryAxis: Object.assign({}, axis, { splitLine: { show: false } }),
      valueAxis: Object.assign({}, axis, { axisLine: { show: false } }),
      timeAxis: axis,
      line: { symbol: "circle", symbolSize: 7, lineStyle: { width: 2.2 } },
      bar: { barMaxWidth: 28 },
      pie: { itemStyle: { borderColor: token("sf"), borderWidth: 2, borderRadius: 5 }, label: { color: token("ink2") } },
      /* rich text, not HTML: a strict content policy forbids the style attributes of the HTML tooltip */
      tooltip: { renderMode: "richText", confine: true, backgroundColor: token("sf"), borderColor: token("ln"), textStyle: { color: token("ink"), fontSize: 13 } },
      visualMap: { textStyle: { color: token("mut") }, inRange: { color: [token("m0"), token("c1")] } },
    };
  }
  function hideTable(box) {
    var table = document.getElementById(box.getAttribute("data-chart-table") || "");
    if (table && !table.hasAttribute("data-keep")) table.className = "zx-sr";
  }
  function draw(box) {
    var source = document.getElementById(box.getAttribute("data-chart"));
    if (!source) return;
    var option;
    try {
      option = resolve(JSON.parse(source.textContent));
    } catch (error) {
      return; // the table beside the chart remains
    }
    option.aria = { enabled: true, decal: { show: false } };
    option.animationDuration = window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 500;
    option.tooltip = Object.assign({ trigger: "item" }, option.tooltip, { renderMode: "richText" });
    var chart = window.echarts.init(box, theme(), { renderer: "svg" });
    chart.setOption(option);
    chart.on("click", function (event) {
      if (event.data && event.data.url) window.location.href = event.data.url;
    });
    live.push({ box: box, chart: chart });
    hideTable(box);
  }
  function drop(test) {
    live = live.filter(function (item) {
      if (!test(item)) return true;
      item.chart.dispose();
      return false;
    });
  }
  function scan(from) {
    var found = Array.prototype.slice.call((from || document).querySelectorAll("[data-chart]"));
    drop(function (item) { return !document.body.contains(item.box); });
    found = found.filter(function (box) { return !live.some(function (item) { return item.box === box; }); });
    if (!found.length) return;
    library().then(function () { found.forEach(draw); }).catch(function () { /* the tables stay visible */ });
  }
  document.addEventListener("zx:theme", function () {
    if (!live.length) return;
    drop(function () { return true; });
    scan(document);
  });
  var wait = 0;
  window.addEventListener("resize", function () {
    window.clearTimeout(wait);
    wait = window.setTimeout(function () { live.forEach(function (item) { item.chart.resize(); }); }, 120);
  });
  document.addEventListener("htmx:load", function (event) { scan(event.target); });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", function () { scan(document); });
  else scan(document);
})();
