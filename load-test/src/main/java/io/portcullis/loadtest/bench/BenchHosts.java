package io.portcullis.loadtest.bench;

import picocli.CommandLine.Option;

/** Hosts that a benchmark starts on this machine, each a process. */
final class BenchHosts {
    static final int MAX_HOSTS = 16;
    private static final int LEAST_HEAP_MEBIBYTES = 128;
    private static final int MAX_HEAP_MEBIBYTES = 65_536;
    private static final int FIRST_PORT = 1_024;
    private static final int MAX_PORT = 65_000;

    @Option(
            names = "--heap",
            paramLabel = "MIB",
            description = "Of each host, taken at its start; connections are beside it. Default: ${DEFAULT-VALUE}.")
    private int heapMebibytes;

    @Option(
            names = "--port-base",
            paramLabel = "PORT",
            description = "Ten ports for each host from here on. Default: ${DEFAULT-VALUE}.")
    private int portBase;

    /** With these defaults. */
    BenchHosts(int heapMebibytes, int portBase) {
        this.heapMebibytes = heapMebibytes;
        this.portBase = portBase;
    }

    int heapMebibytes() {
        return heapMebibytes;
    }

    int portBase() {
        return portBase;
    }

    void check(BenchOutput output) {
        output.check("--heap", heapMebibytes, LEAST_HEAP_MEBIBYTES, MAX_HEAP_MEBIBYTES);
        output.check("--port-base", portBase, FIRST_PORT, MAX_PORT);
    }
}
