// Moving between the cells of the tables as in a spreadsheet.

const WAYS = {
  ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Enter: [1, 0],
};

/** What a key does in a cell of the tables: a listener for their element. */
export function moveByKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const cell = event.target.closest("[data-cell]");
  if (!cell) return;
  const { box } = cell;
  if (event.key === "Escape" && box) {
    box.value = cell.given;
    box.select();
    return;
  }
  const way = WAYS[event.key];
  if (!way || (event.shiftKey && event.key !== "Enter")) return;
  if (box && way[1] && !isAtEdge(box, way[1])) return;
  event.preventDefault();
  const down = event.key === "Enter" && event.shiftKey ? -1 : way[0];
  const next = neighbour(cell, down, way[1]);
  if (next) (next.box ?? next).focus();
  else if (box && event.key === "Enter") commit(box); // in the last row
}

/** Have a box report a change, if there was one, and keep the focus. */
export function commit(box) {
  box.blur();
  box.focus();
}

/** Whether an arrow leaves a box: all of its text is selected, or the caret stands at that end. */
function isAtEdge(box, way) {
  const { selectionStart: start, selectionEnd: end, value } = box;
  if (start === 0 && end === value.length) return true;
  return start === end && (way < 0 ? start === 0 : end === value.length);
}

function neighbour(cell, down, right) {
  const rows = [...cell.closest("table").rows];
  const row = rows[rows.indexOf(cell.parentElement) + down];
  const next = row?.cells[cell.cellIndex + right];
  return next?.dataset.cell ? next : null;
}
