package io.portcullis.cli;

import java.io.InputStream;
import java.io.PrintWriter;
import java.util.Map;

/** The world around the command: its streams and environment. */
record Terminal(PrintWriter out, PrintWriter err, InputStream in, Map<String, String> environment) {}
