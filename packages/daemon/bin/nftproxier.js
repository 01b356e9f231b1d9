#!/usr/bin/env node
// Not the program itself: package managers link a command when they install, which in this repository is before the build.
import '../dist/main.js';
