import { showBadge } from "../badge.js";

showBadge();
