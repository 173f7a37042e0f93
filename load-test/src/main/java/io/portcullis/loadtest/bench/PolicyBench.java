package io.portcullis.loadtest.bench;

import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code portcullis bench policy}. */
@Command(
        name = "policy",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures what rules cost that many vNICs share, and what a change of policy costs a vNIC with live"
                    + " connections.",
            "After a change each connection is judged again when its next packet comes.",
            ""
        },
        footer = {
            "",
            "tableBytes            the compiled rules, once for all vNICs (100 of them on a group of 1,000 addresses)",
            "bytesPerVnic          an engine without connections that has them in force, heap and native",
            "compileMillis         of all rules, beside the loop (median)",
            "memberChangeMicros    the same when one address has joined or left the group (median)",
            "installMicros…        on the loop: putting other rules in force",
            "burstMicros…          on the loop: 64 frames of established connections, visited at random, while nothing"
                    + " changes and (…Changing) while another policy comes every few bursts",
            "rechecked             packets whose connection was judged again",
            "",
            "  portcullis bench policy --vnics 5000 --rules 10000 --connections 100000 --json",
        })
final class PolicyBench implements Callable<Integer> {
    private static final int MAX_VNICS = 100_000;
    private static final int MAX_RULES = 65_536;
    private static final int MAX_CONNECTIONS = 10_000_000;
    private static final int CHANGES = 100;
    private static final int PACKETS_PER_CHANGE = 50_000;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Option(names = "--vnics", paramLabel = "N", defaultValue = "5000", description = "Default: ${DEFAULT-VALUE}.")
    private int vnics;

    @Option(names = "--rules", paramLabel = "N", defaultValue = "10000", description = "Default: ${DEFAULT-VALUE}.")
    private int rules;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "100000",
            description = "Default: ${DEFAULT-VALUE}.")
    private int connections;

    @Option(names = "--json", description = "Print one JSON object on one line.")
    private boolean json;

    @Override
    public Integer call() {
        check("--vnics", vnics, MAX_VNICS);
        check("--rules", rules, MAX_RULES);
        check("--connections", connections, MAX_CONNECTIONS);
        PolicyResult result =
                new PolicyRun(vnics, rules, connections, CHANGES, PACKETS_PER_CHANGE, TrackRun.Effort.USUAL).run();
        System.out.println(json ? result.json() : result.table());
        return result.wrongVerdicts() == 0 ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    private void check(String option, int value, int most) {
        if (value < 1 || value > most) {
            throw new ParameterException(spec.commandLine(), option + " must be from 1 to " + most);
        }
    }

    /** What a run measured. */
    record PolicyResult(
            int vnics,
            int rules,
            int connections,
            long tableBytes,
            double bytesPerVnic,
            double compileMillis,
            double memberChangeMicros,
            int changes,
            long rechecked,
            double installMicrosP50,
            double installMicrosWorst,
            double burstMicrosP99,
            double burstMicrosWorst,
            double burstMicrosP99Changing,
            double burstMicrosWorstChanging,
            long wrongVerdicts) {
        String json() {
            return String.format(
                    Locale.ROOT,
                    "{\"vnics\":%d,\"rules\":%d,\"connections\":%d,\"tableBytes\":%d,\"bytesPerVnic\":%.0f,"
                            + "\"compileMillis\":%.2f,\"memberChangeMicros\":%.1f,\"changes\":%d,\"rechecked\":%d,"
                            + "\"installMicrosP50\":%.1f,\"installMicrosWorst\":%.1f,\"burstMicrosP99\":%.1f,"
                            + "\"burstMicrosWorst\":%.1f,\"burstMicrosP99Changing\":%.1f,"
                            + "\"burstMicrosWorstChanging\":%.1f,\"wrongVerdicts\":%d}",
                    vnics,
                    rules,
                    connections,
                    tableBytes,
                    bytesPerVnic,
                    compileMillis,
                    memberChangeMicros,
                    changes,
                    rechecked,
                    installMicrosP50,
                    installMicrosWorst,
                    burstMicrosP99,
                    burstMicrosWorst,
                    burstMicrosP99Changing,
                    burstMicrosWorstChanging,
                    wrongVerdicts);
        }

        String table() {
            return String.format(
                    Locale.ROOT,
                    "%,d rules, %,d vNICs that share them, %,d connections of one of them, %d wrong verdicts%nmemory  "
                        + " %,12d bytes for all, %,.0f bytes a vNIC%ncompile  %,12.1f ms; one address joins or leaves"
                        + " a group: %,.1f us%ninstall  %,12.1f us, worst %.1f us; %d times, %,d packets judged"
                        + " again%nburst    %,12.1f us p99, worst %.1f us; while policies change %.1f us p99, worst"
                        + " %.1f us",
                    rules,
                    vnics,
                    connections,
                    wrongVerdicts,
                    tableBytes,
                    bytesPerVnic,
                    compileMillis,
                    memberChangeMicros,
                    installMicrosP50,
                    installMicrosWorst,
                    changes,
                    rechecked,
                    burstMicrosP99,
                    burstMicrosWorst,
                    burstMicrosP99Changing,
                    burstMicrosWorstChanging);
        }
    }
}
