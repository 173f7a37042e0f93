package io.portcullis.loadtest.bench;

import io.portcullis.policy.model.Limits;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code portcullis bench policy}. */
@Command(
        name = "policy",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures what rules cost that many vNICs share, and what a change of policy costs a vNIC with live"
                    + " connections.",
            "After a change each connection is judged again when its next packet comes.",
            "With --segments, --vms or --policies: what the compiler of one large tenant costs instead, in the shape of"
                    + " Antrea's benchmark of many small namespaces.",
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
            "",
            "compileMillis         with --segments…: of the whole tenant, by a compiler that knows nothing yet (median,"
                    + " warm)",
            "…CpuMillis…           time of the processor, which other work on the machine makes no larger",
            "tagChangeMillis…      a VM goes over to another application: edit, its checks and compile",
            "ruleChangeMillis…     a rule of a policy gets another action: the same",
            "changedVnics…         get another table, on average; nobody else hears of the change",
            "heapBytes             the model, the compiler and all tables",
            "wrongTables           that differ from those of a compiler which begins with the last model",
            "",
            "  portcullis bench policy --segments 25000 --vms 100000 --policies 75000 --json",
            "  portcullis bench policy --segments 10 --vms 1000 --policies 100 --rules 100000 --json",
        })
final class PolicyBench implements Callable<Integer> {
    private static final int DEFAULT_RULES = 10_000;
    private static final int DEFAULT_NAMESPACES = 25_000;
    private static final int MAX_VNICS = 100_000;
    private static final int MAX_RULES = 65_536;
    private static final int MAX_CONNECTIONS = 10_000_000;
    private static final int CHANGES = 100;
    private static final int PACKETS_PER_CHANGE = 50_000;

    @Option(names = "--vnics", paramLabel = "N", defaultValue = "5000", description = "Default: ${DEFAULT-VALUE}.")
    private int vnics;

    @Option(
            names = "--rules",
            paramLabel = "N",
            description = "Default: " + DEFAULT_RULES + "; with --segments…: one for each policy.")
    private @Nullable Integer rules;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "100000",
            description = "Default: ${DEFAULT-VALUE}.")
    private int connections;

    @Option(
            names = "--segments",
            paramLabel = "N",
            description = "Namespaces, each a tag of its VMs. A segment is a VLAN, of which a tenant has at most "
                    + Limits.MAX_SEGMENTS + ": if there are more namespaces, they share these. Default: 25000.")
    private @Nullable Integer segments;

    @Option(names = "--vms", paramLabel = "N", description = "With one vNIC each. Default: 4 for each namespace.")
    private @Nullable Integer vms;

    @Option(
            names = "--policies",
            paramLabel = "N",
            description =
                    "For each namespace one that denies everything, the others for one application each. Default: 3"
                            + " for each namespace.")
    private @Nullable Integer policies;

    @Mixin
    private final BenchOutput output = new BenchOutput();

    @Override
    public Integer call() {
        return segments == null && vms == null && policies == null ? measureSharing() : measureCompiler();
    }

    private int measureCompiler() {
        int namespaces = segments == null ? DEFAULT_NAMESPACES : segments;
        output.check("--segments", namespaces, 1, Limits.MAX_GROUPS);
        int machines = vms == null ? (int) Math.min(4L * namespaces, Limits.MAX_VMS) : vms;
        int all = policies == null ? (int) Math.min(3L * namespaces, Limits.MAX_POLICIES) : policies;
        int rulesOfAll = rules == null ? all : rules;
        output.check("--vms", machines, 1, Limits.MAX_VMS);
        output.check("--policies", all, 1, Limits.MAX_POLICIES);
        output.check("--rules", rulesOfAll, 1, Limits.MAX_RULES);
        try {
            ScaleRun.ScaleResult result =
                    new ScaleRun(namespaces, machines, all, rulesOfAll, ScaleRun.Effort.USUAL).run();
            output.print(result);
            return result.wrongTables() == 0 ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
        } catch (IllegalArgumentException refused) {
            throw output.wrong(refused);
        }
    }

    private int measureSharing() {
        int shared = rules == null ? DEFAULT_RULES : rules;
        output.check("--vnics", vnics, 1, MAX_VNICS);
        output.check("--rules", shared, 1, MAX_RULES);
        output.check("--connections", connections, 1, MAX_CONNECTIONS);
        PolicyResult result =
                new PolicyRun(vnics, shared, connections, CHANGES, PACKETS_PER_CHANGE, TrackRun.Effort.USUAL).run();
        output.print(result);
        return result.wrongVerdicts() == 0 ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
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
            long wrongVerdicts)
            implements BenchResult {
        @Override
        public String json() {
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

        @Override
        public String table() {
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
