// Keyboard shortcuts act only when no control has the focus.

const CONTROLS = "a, button, input, select, textarea, summary, [contenteditable], [role=slider], "
  + "[role=radio], [role=tab], [role=option], [role=combobox], [tabindex='0']";

/** Whether a key pressed now is meant for the board, not for a control. */
export function isFree(event, root) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return false;
  const focused = document.activeElement;
  // A click on nothing gives the focus to the page's own scrolling area.
  if (!focused || focused === document.body || focused === root || focused.matches("main")) return true;
  return !focused.matches(CONTROLS);
}
