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
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

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
    private static final int MAX_HOSTS = 16;
    private static final int MAX_CHANGES = 100_000;
    /** As many as a tenant's hosts take without another setting. */
    private static final int MAX_VMS_PER_HOST = 1_000;

    private static final int MAX_HEAP_MEBIBYTES = 65_536;
    private static final int MAX_PORT = 65_000;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

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
            names = "--heap",
            paramLabel = "MIB",
            defaultValue = "1024",
            description = "Of each host, taken at its start. Default: ${DEFAULT-VALUE}.")
    private int heapMebibytes;

    @Option(
            names = "--java-options",
            paramLabel = "WORDS",
            defaultValue = "",
            description = "More for the JVM of each host, such as '-XX:-UseSerialGC -XX:+UseZGC'.")
    private String javaOptions = "";

    @Option(
            names = "--port-base",
            paramLabel = "PORT",
            defaultValue = "7500",
            description = "Ten ports for each host from here on. Default: ${DEFAULT-VALUE}.")
    private int portBase;

    @Option(names = "--json", description = "Print one JSON object on one line.")
    private boolean json;

    @Override
    public Integer call() throws InterruptedException, TimeoutException {
        check("--policies", policies, 1, Limits.MAX_POLICIES);
        check("--rules", rules, 2 * policies, Limits.MAX_RULES);
        check("--hosts", hosts, 1, MAX_HOSTS);
        check("--vms", vms, 1, hosts * MAX_VMS_PER_HOST);
        check("--changes", changes, 1, MAX_CHANGES);
        check("--heap", heapMebibytes, 128, MAX_HEAP_MEBIBYTES);
        check("--port-base", portBase, 1_024, MAX_PORT);
        PrintStream progress = System.err;
        try {
            RealizeRun.RealizeResult result = new RealizeRun(
                            new RealizeTenant(vms, policies, rules, hosts), changes, portBase, jvm(), progress)
                    .run();
            System.out.println(json ? result.json() : result.table());
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
        return new NodeJvm(heapMebibytes, true, more);
    }

    private void check(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new ParameterException(spec.commandLine(), option + " must be from " + least + " to " + most);
        }
    }
}
