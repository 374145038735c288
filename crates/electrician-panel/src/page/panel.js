import { clock, count, percent, time } from "./format.js";
import { layout, path } from "./graph.js";

const $ = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const KINDS = { GENERATOR: "source", WIRE: "stage", SINK: "sink", OUTPUT: "output" };
const DOING = ["working", "handing_on", "denied", "pausing", "idle", "absent"];
const MANY_WORKERS = 24;

const state = { look: null, history: null, chosen: null, shape: "", cards: new Map(), interval: 500, letters: [], lettersSeen: -1 };

/** An element with attributes and children; text is never markup. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function connect() {
  const events = new EventSource("events");
  events.addEventListener("open", () => link("live", "live"));
  events.addEventListener("error", () => link("lost", "connection lost, trying again"));
  events.addEventListener("hello", (event) => {
    const hello = JSON.parse(event.data);
    $("title").textContent = document.title = hello.title;
    state.interval = hello.interval;
    state.history = histories(hello.history);
  });
  events.addEventListener("look", (event) => {
    const look = JSON.parse(event.data);
    if (look) show(look);
  });
}

function link(kind, text) {
  $("link").className = `link ${kind}`;
  $("link").textContent = text;
}

// --- history ---

const keyOf = (s) => JSON.stringify([s.pipeline, s.name, s.kind, s.instance]);

function histories(hello) {
  const stages = new Map(hello.stages.map((stage) => [keyOf(stage), stage]));
  return { times: hello.times, total: hello.total, in_flight: hello.in_flight, stages, room: Math.max(600, hello.times.length) };
}

function remember(snapshot) {
  const history = state.history;
  if (!history || history.times.at(-1) === snapshot.elapsed) return;
  const put = (curve, value) => {
    curve.push(value);
    if (curve.length > history.room) curve.shift();
  };
  put(history.times, snapshot.elapsed);
  put(history.total, snapshot.total.rates.delivered.one_second ?? 0);
  put(history.in_flight, snapshot.total.in_flight);
  for (const stage of snapshot.stages) {
    let curves = history.stages.get(keyOf(stage));
    if (!curves) history.stages.set(keyOf(stage), (curves = { rate: [], failed: [], queued: [], p99: [] }));
    put(curves.rate, stage.rates.delivered.one_second);
    put(curves.failed, stage.rates.failed.one_second);
    put(curves.queued, stage.queued);
    put(curves.p99, stage.latency.service.p99);
  }
}

// --- one look ---

function show(look) {
  state.look = look;
  const { snapshot, bottleneck } = look;
  // Runs that are over stay until the same stages run again.
  const running = snapshot.stages.filter((stage) => stage.state === "running");
  const stages = running.length ? running : snapshot.stages;
  remember(snapshot);
  figures(snapshot);
  narrow(bottleneck);
  graph(stages, bottleneck);
  curves();
  detail(stages);
  fit();
  if (look.letters !== state.lettersSeen) fetchLetters(look.letters);
}

function figures(snapshot) {
  const { total } = snapshot;
  const failed = total.ledger.failed + total.ledger.dead_lettered + total.ledger.abandoned;
  const rows = [
    ["items/s", count(total.rates.delivered.one_second)],
    ["in flight", count(total.in_flight)],
    ["accepted", count(total.ledger.accepted)],
    ["delivered", count(total.ledger.delivered)],
    ["failed", count(failed), failed > 0 ? "bad" : ""],
    ["running", clock(snapshot.elapsed)],
  ];
  if (snapshot.host) rows.push(["cpu", percent(snapshot.host.process_cpu_percent ?? snapshot.host.cpu_percent)]);
  $("figures").replaceChildren(
    ...rows.map(([name, value, kind = ""]) => make("div", { class: kind }, make("dt", {}, name), make("dd", {}, value))),
  );
  const { progress_percent: done, eta } = total;
  $("progress").hidden = done === null;
  if (done !== null) {
    const [bar, text] = $("progress").children;
    bar.style.width = `${done}%`;
    text.textContent = `${percent(done)} of ${count(total.expected)}${eta === null ? "" : `, about ${clock(eta)} to go`}`;
  }
}

function narrow(bottleneck) {
  $("narrow").hidden = !bottleneck;
  $("narrow").textContent = bottleneck ? bottleneck.why : "";
}

function graph(stages, bottleneck) {
  $("empty").hidden = stages.length > 0;
  const shape = JSON.stringify(stages.map((stage) => [stage.id, stage.feeds]));
  if (shape !== state.shape) {
    state.shape = shape;
    build(stages);
  }
  for (const stage of stages) fill(state.cards.get(stage.id), stage, bottleneck?.id === stage.id);
  const byId = new Map(stages.map((stage) => [stage.id, stage]));
  for (const [from, to, flow] of state.flows) {
    const rate = byId.get(from).rates.delivered.one_second ?? 0;
    const target = byId.get(to);
    flow.style.display = rate > 0 ? "" : "none";
    // Ten times the rate looks twice as fast.
    flow.style.setProperty("--pace", `${(3.2 / 2 ** Math.log10(Math.max(1, rate))).toFixed(2)}s`);
    flow.classList.toggle("slow", target.capacity > 0 && target.queued >= target.capacity / 2);
  }
}

function build(stages) {
  const { places, width, height, arrows } = layout(stages);
  state.size = { width, height };
  fit();
  const board = $("graph");
  const wires = $("wires");
  wires.setAttribute("width", width);
  wires.setAttribute("height", height);
  wires.replaceChildren();
  state.flows = [];
  for (const [from, to] of arrows) {
    const line = path(places.get(from), places.get(to));
    for (const kind of ["arrow", "arrow flow"]) {
      const element = document.createElementNS(SVG, "path");
      element.setAttribute("class", kind);
      element.setAttribute("d", line);
      wires.append(element);
      if (kind !== "arrow") state.flows.push([from, to, element]);
    }
  }
  for (const card of state.cards.values()) card.root.remove();
  state.cards = new Map(stages.map((stage) => [stage.id, card(stage, places.get(stage.id))]));
  board.append(...[...state.cards.values()].map((each) => each.root));
}

/** Shrinks the graph to its board, but not beyond what can be read; then it scrolls. */
function fit() {
  if (!state.size) return;
  const { width, height } = state.size;
  const board = $("graph");
  const room = board.parentElement.clientWidth;
  const scale = Math.max(0.62, Math.min(1, room / width));
  board.style.width = `${width}px`;
  board.style.height = `${height}px`;
  board.style.transform = `scale(${scale})`;
  board.style.marginLeft = `${Math.max(0, (room - width * scale) / 2)}px`;
  board.style.marginRight = `${-width * (1 - scale)}px`;
  board.style.marginBottom = `${-height * (1 - scale)}px`;
}

function card(stage, place) {
  const part = {
    name: make("span", { class: "name", title: stage.name }, stage.name),
    rate: make("span", { class: "rate" }),
    fill: make("div"),
    depth: make("span"), time: make("span"), crew: make("div", { class: "crew" }),
    inside: make("span"), failed: make("span"), guards: make("div", { class: "guards" }),
  };
  const kind = KINDS[stage.kind] ?? stage.kind.toLowerCase();
  part.root = make(
    "button",
    { class: `stage ${stage.kind.toLowerCase()}`, type: "button" },
    make("header", {}, part.name, make("span", { class: "kind" }, kind)),
    part.rate,
    make("div", { class: "row" }, part.depth, part.time),
    make("div", { class: "bar" }, part.fill),
    make("div", { class: "row" }, part.inside, part.failed),
    part.crew,
    part.guards,
  );
  part.root.style.left = `${place.x}px`;
  part.root.style.top = `${place.y}px`;
  part.root.addEventListener("click", () => {
    state.chosen = state.chosen === keyOf(stage) ? null : keyOf(stage);
    show(state.look);
  });
  return part;
}

function fill(part, stage, isNarrowest) {
  const rate = make("small", {}, " items/s");
  part.rate.replaceChildren(count(stage.rates.delivered.one_second ?? 0), rate);
  const isQueue = stage.capacity > 0;
  const share = isQueue ? Math.min(1, stage.queued / stage.capacity) : 0;
  part.depth.textContent = isQueue ? `${count(stage.queued)} of ${count(stage.capacity)} queued` : `${count(stage.ledger.delivered)} given`;
  part.fill.style.width = `${share * 100}%`;
  part.fill.className = share >= 0.9 ? "full" : share >= 0.5 ? "half" : "";
  part.time.textContent = stage.latency.service.count ? `p99 ${time(stage.latency.service.p99)}` : "";
  part.inside.textContent = stage.parked ? `${count(stage.in_hand)} in hand, ${count(stage.parked)} parked` : stage.workers && isQueue ? `${count(stage.in_hand)} in hand` : "";
  const failed = stage.ledger.failed + stage.ledger.dead_lettered + stage.ledger.abandoned;
  part.failed.textContent = failed ? `${count(failed)} failed` : "";
  part.failed.className = failed ? "bad" : "";
  part.crew.replaceChildren(...crew(stage));
  part.guards.replaceChildren(
    ...stage.guards.map((guard) => {
      const kind = guard.is_admitting ? (guard.state.includes("half") ? "half" : "") : "shut";
      return make("span", { class: `guard ${kind}`, title: guard.kind }, `${guard.name}: ${guard.state}`);
    }),
  );
  part.root.classList.toggle("narrowest", isNarrowest);
  part.root.classList.toggle("chosen", state.chosen === keyOf(stage));
  part.root.classList.toggle("over", stage.state !== "running");
  part.root.setAttribute("aria-label", `${stage.name}, ${part.depth.textContent}${isNarrowest ? ", bottleneck" : ""}`);
}

function crew(stage) {
  const dots = [];
  for (const what of DOING) {
    const many = stage.doing[what];
    const shown = stage.workers > MANY_WORKERS ? Math.ceil((many * MANY_WORKERS) / stage.workers) : many;
    for (let at = 0; at < shown; at += 1) dots.push(make("i", { class: what, title: what.replace("_", " ") }));
  }
  if (stage.workers > MANY_WORKERS) dots.push(make("b", {}, `${stage.workers} workers`));
  return dots;
}

// --- curves ---

function curve(title, values, tone, format) {
  const shown = values.map((value) => value ?? 0);
  const top = Math.max(...shown, 1e-12);
  const points = shown.map((value, at) => `${(at / Math.max(1, shown.length - 1)) * 300},${50 - (value / top) * 46}`);
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 300 52");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", title);
  const add = (kind, d) => {
    const element = document.createElementNS(SVG, "path");
    element.setAttribute("class", kind);
    element.setAttribute("d", d);
    svg.append(element);
  };
  if (points.length > 1) {
    add("area", `M0,50 L${points.join(" L")} L300,50 Z`);
    add("edge", `M${points.join(" L")}`);
  }
  const caption = make("div", { class: "caption" }, make("span", {}, title), make("span", {}, make("b", {}, format(shown.at(-1) ?? 0)), ` now, ${format(Math.max(0, ...shown))} at most`));
  return make("div", { class: `curve tone-${tone}` }, caption, svg);
}

function curves() {
  if (!state.history) return;
  $("curves").replaceChildren(
    curve("items per second, out of the pipeline", state.history.total, "cool", count),
    curve("items inside", state.history.in_flight, "deep", count),
    curve("failed per second", failures(), "bad", count),
    ...slowest(),
  );
}

/** Failures of all stages together, point by point. */
function failures() {
  const points = state.history.times.length;
  const sum = new Array(points).fill(0);
  for (const { failed } of state.history.stages.values()) {
    // A stage that came later has no points in front.
    const skipped = points - failed.length;
    failed.forEach((value, at) => {
      if (at + skipped >= 0) sum[at + skipped] += value ?? 0;
    });
  }
  return sum;
}

/** The service time of the stage that takes longest now. */
function slowest() {
  const isTimed = (stage) => stage.state === "running" && stage.latency.service.count;
  const stages = state.look.snapshot.stages.filter(isTimed);
  if (!stages.length) return [];
  const p99 = (stage) => stage.latency.service.p99;
  const stage = stages.reduce((a, b) => (p99(b) > p99(a) ? b : a));
  const history = state.history.stages.get(keyOf(stage));
  return history ? [curve(`service time of ${stage.name}, p99`, history.p99, "good", time)] : [];
}

// --- details ---

function detail(stages) {
  const stage = stages.find((each) => keyOf(each) === state.chosen);
  const place = $("detail");
  place.hidden = !stage;
  if (!stage) return place.replaceChildren();
  const close = make("button", { class: "close", type: "button", "aria-label": "Close" }, "×");
  close.addEventListener("click", () => {
    state.chosen = null;
    show(state.look);
  });
  const row = (...cells) => make("tr", {}, ...cells.map((cell) => make("td", {}, cell)));
  const head = (...cells) => make("tr", {}, ...cells.map((cell) => make("th", {}, cell)));
  const latency = (name, l) => (l.count ? [row(name, time(l.p50), time(l.p99), time(l.max))] : []);
  const times = stage.latency;
  const busy = stage.workers ? (100 * (stage.rates.worked.ten_seconds ?? 0)) / stage.workers : null;
  const history = state.history?.stages.get(keyOf(stage));
  const parts = [close, make("h3", {}, stage.name)];
  if (history) {
    parts.push(curve("items per second", history.rate, "cool", count));
    if (stage.capacity) parts.push(curve("queued", history.queued, "deep", count));
    if (times.service.count) parts.push(curve("service time, p99", history.p99, "good", time));
    if (history.failed.some((value) => value > 0)) parts.push(curve("failed per second", history.failed, "bad", count));
  }
  const timed = [...latency("wait in queue", times.queue_wait), ...latency("service", times.service), ...latency("hand on", times.hand_on), ...latency("end to end", times.end_to_end)];
  if (timed.length) parts.push(make("table", {}, head("", "p50", "p99", "max"), ...timed));
  const ledger = Object.entries(stage.ledger).filter(([, value]) => value > 0);
  parts.push(
    make(
      "table",
      {},
      ...(busy === null || !stage.batches ? [] : [row("busy, last 10 s", percent(busy))]),
      ...(stage.batches ? [row("items in a batch", count(stage.ledger.accepted / stage.batches))] : []),
      row("workers", String(stage.workers)),
      row("runs", String(stage.runs)),
      ...ledger.map(([name, value]) => row(name.replace("_", "-"), value.toLocaleString("en"))),
    ),
  );
  place.replaceChildren(...parts);
}

// --- dead letters ---

async function fetchLetters(seen) {
  state.lettersSeen = seen;
  try {
    state.letters = await (await fetch("dead-letters.json")).json();
  } catch {
    state.lettersSeen = -1; // Again with the next look.
  }
  letters();
}

function letters() {
  $("letters-count").textContent = count(Math.max(0, state.lettersSeen));
  const wanted = $("letters-filter").value.toLowerCase();
  const has = (letter) => `${letter.stage}\n${letter.error}\n${letter.item}`.toLowerCase().includes(wanted);
  const found = state.letters.filter(has);
  const open = new Set([...$("letters").querySelectorAll("details[open]")].map((each) => each.dataset.number));
  const rows = found.map((letter) => {
    const at = new Date(letter.first_seen);
    const row = make(
      "details",
      { class: "letter", "data-number": letter.number },
      make("summary", {}, make("span", { class: "stage-name" }, letter.stage), make("span", { class: "why" }, letter.error), make("time", { datetime: at.toISOString() }, at.toLocaleTimeString("en-GB"))),
      make("pre", {}, letter.item),
      make("p", { class: "quiet" }, `${letter.error} (${letter.kind}), ${letter.attempts} ${letter.attempts === 1 ? "attempt" : "attempts"}`),
    );
    row.open = open.has(String(letter.number));
    return row;
  });
  const none = make("p", { class: "quiet" }, state.letters.length ? "None matches." : "None were noted.");
  $("letters").replaceChildren(...(rows.length ? rows : [none]));
}

addEventListener("resize", fit);
$("letters-filter").addEventListener("input", letters);
state.flows = [];
connect();
