// Where stages stand: in columns, each to the right of all that feed it.

export const WIDTH = 226;
const HEIGHT = 146;
const [GAP_X, GAP_Y, MARGIN] = [86, 26, 30];

/** Places for `stages`, by id, and the size of the whole. Only what has changed shape moves. */
export function layout(stages) {
  const byId = new Map(stages.map((stage) => [stage.id, stage]));
  const next = (stage) => stage.feeds.filter((id) => byId.has(id));
  const before = new Map(stages.map((stage) => [stage.id, []]));
  for (const stage of stages) for (const id of next(stage)) before.get(id).push(stage.id);

  const columns = columnsOf(stages, next);
  const rows = [];
  for (const stage of stages) (rows[columns.get(stage.id)] ??= []).push(stage.id);
  for (let at = 0; at < rows.length; at += 1) rows[at] ??= [];
  untangle(rows, before, new Map(stages.map((stage) => [stage.id, next(stage)])));

  const tallest = Math.max(1, ...rows.map((row) => row.length));
  const height = tallest * (HEIGHT + GAP_Y) - GAP_Y + 2 * MARGIN;
  const places = new Map();
  rows.forEach((row, column) => {
    const used = row.length * (HEIGHT + GAP_Y) - GAP_Y;
    row.forEach((id, at) => {
      places.set(id, {
        x: MARGIN + column * (WIDTH + GAP_X),
        y: (height - used) / 2 + at * (HEIGHT + GAP_Y),
      });
    });
  });
  const width = 2 * MARGIN + Math.max(1, rows.length) * (WIDTH + GAP_X) - GAP_X;
  return { places, width, height, arrows: stages.flatMap((s) => next(s).map((id) => [s.id, id])) };
}

/** The longest way to each stage. A cycle, which there should not be, ends the search. */
function columnsOf(stages, next) {
  const columns = new Map(stages.map((stage) => [stage.id, 0]));
  const byId = new Map(stages.map((stage) => [stage.id, stage]));
  for (let round = 0; round < stages.length; round += 1) {
    let moved = false;
    for (const stage of stages) {
      for (const id of next(stage)) {
        const least = columns.get(stage.id) + 1;
        if (byId.has(id) && columns.get(id) < least && least < stages.length) {
          columns.set(id, least);
          moved = true;
        }
      }
    }
    if (!moved) break;
  }
  // A source stands next to what it feeds, not at the far left.
  for (const stage of stages) {
    const nexts = next(stage).map((id) => columns.get(id));
    if (stage.kind === "GENERATOR" && nexts.length) columns.set(stage.id, Math.min(...nexts) - 1);
  }
  const least = Math.min(0, ...columns.values());
  for (const [id, column] of columns) columns.set(id, column - least);
  return columns;
}

/** Orders each column by the middle of its neighbours, to and fro. */
function untangle(rows, before, after) {
  const order = (row, beside, neighbours) => {
    const at = new Map(beside.map((id, index) => [id, index]));
    const middle = (id, own) => {
      const places = neighbours.get(id).filter((n) => at.has(n)).map((n) => at.get(n));
      return places.length ? places.reduce((a, b) => a + b, 0) / places.length : own;
    };
    const keyed = row.map((id, own) => [middle(id, own), own, id]);
    keyed.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    return keyed.map(([, , id]) => id);
  };
  for (let round = 0; round < 4; round += 1) {
    for (let at = 1; at < rows.length; at += 1) rows[at] = order(rows[at], rows[at - 1], before);
    for (let at = rows.length - 2; at >= 0; at -= 1) rows[at] = order(rows[at], rows[at + 1], after);
  }
}

/** A curve from the right of one place to the left of another. */
export function path(from, to) {
  const [x1, y1, x2, y2] = [from.x + WIDTH, from.y + HEIGHT / 2, to.x, to.y + HEIGHT / 2];
  const bend = Math.max(40, Math.abs(x2 - x1) / 2);
  return `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`;
}
