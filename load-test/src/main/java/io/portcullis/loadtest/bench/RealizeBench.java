package io.portcullis.loadtest.bench;

import io.portcullis.loadtest.lab.NodeJvm;
import io.portcullis.policy.model.Limits;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code portcullis bench realize}. */
@Command(
        name = "realize",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures how long a change of policy takes until every vNIC of a cluster enforces it: starts hosts on this"
                    + " machine, each a process, and uses their API as an operator does.",
            ""
        },
        footer = {
            "",
            "first…Millis     all rules as one text of documents, the first time: answered by the API, enforced",
            "…edMillis        all rules replaced by others in the same way (medians of four)",
            "tagMillis…       a VM goes over to the next application: its own table is another then, and those of the"
                    + " VMs that it may reach",
            "ruleMillis…      one rule of a policy gets another service, sent with its policy",
            "policyMillis…    every rule of a policy does",
            "",
            "Each time goes from the request until every vNIC enforces.",
            "",
            "  portcullis bench realize --rules 100000 --vms 300 --changes 200 --json",
        })
final class RealizeBench implements Callable<Integer> {
    private static final int MAX_CHANGES = 100_000;
    /** As many as a tenant's hosts take without another setting. */
    private static final int MAX_VMS_PER_HOST = 1_000;

    @Option(names = "--rules", paramLabel = "N", defaultValue = "100000", description = "Default: ${DEFAULT-VALUE}.")
    private int rules;

    @Option(
            names = "--policies",
            paramLabel = "N",
            defaultValue = "100",
            description = "One for each application; they share the rules. Default: ${DEFAULT-VALUE}.")
    private int policies;

    @Option(
            names = "--vms",
            paramLabel = "N",
            defaultValue = "300",
            description = "With one vNIC each. Default: ${DEFAULT-VALUE}.")
    private int vms;

    @Option(names = "--hosts", paramLabel = "N", defaultValue = "3", description = "Default: ${DEFAULT-VALUE}.")
    private int hosts;

    @Option(
            names = "--changes",
            paramLabel = "N",
            defaultValue = "200",
            description = "Of a tag, of a rule, of a policy; a quarter more goes before. Default: ${DEFAULT-VALUE}.")
    private int changes;

    @Option(
            names = "--java-options",
            paramLabel = "WORDS",
            defaultValue = "",
            description = "More for the JVM of each host, such as '-XX:-UseSerialGC -XX:+UseZGC'.")
    private String javaOptions = "";

    @Mixin
    private final BenchHosts nodes = new BenchHosts(1024, 7500);

    @Mixin
    private final BenchOutput output = new BenchOutput();

    @Override
    public Integer call() throws InterruptedException, TimeoutException {
        output.check("--policies", policies, 1, Limits.MAX_POLICIES);
        output.check("--rules", rules, 2 * policies, Limits.MAX_RULES);
        output.check("--hosts", hosts, 1, BenchHosts.MAX_HOSTS);
        output.check("--vms", vms, 1, hosts * MAX_VMS_PER_HOST);
        output.check("--changes", changes, 1, MAX_CHANGES);
        nodes.check(output);
        PrintStream progress = System.err;
        try {
            RealizeRun.RealizeResult result = new RealizeRun(
                            new RealizeTenant(vms, policies, rules, hosts), changes, nodes.portBase(), jvm(), progress)
                    .run();
            output.print(result);
            return CommandLine.ExitCode.OK;
        } catch (IOException unusable) {
            progress.println("portcullis: " + unusable.getMessage());
            return Main.UNUSABLE_INPUT;
        }
    }

    private NodeJvm jvm() {
        List<String> more = Arrays.stream(javaOptions.split(" "))
                .filter(word -> !word.isEmpty())
                .toList();
        return new NodeJvm(nodes.heapMebibytes(), true, more);
    }
}
