// The test of a claim, followed as its networks train and its intervals narrow.

import { Followed } from "../kit/followed.js";
import { Screen } from "./screen.js";

export const mount = (root) => new ClaimTest(root);

class ClaimTest extends Followed {
  constructor(root) {
    super(root, { name: "Test of the claim", path: "claim/" });
    root.classList.add("bnlab-sweep"); // it looks as a sweep does
    root.claim = this;
  }

  screenOf(hello) {
    return new Screen(this.body, hello, this);
  }
}
