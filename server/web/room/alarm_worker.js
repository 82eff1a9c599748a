/* Timers of a worker keep time in pages that are hidden; those of the page itself are held back there. */
"use strict";

onmessage = ({ data: { id, delayMs } }) => setTimeout(() => postMessage(id), delayMs);
