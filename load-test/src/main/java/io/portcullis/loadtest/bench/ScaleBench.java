package io.portcullis.loadtest.bench;

import io.portcullis.loadtest.lab.NodeJvm;
import io.portcullis.policy.model.Limits;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code portcullis bench scale}. */
@Command(
        name = "scale",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures what a vNIC without a connection costs, and what a change does, in a cluster with many of them:"
                    + " starts hosts on this machine, each a process, and uses their API as an operator does.",
            ""
        },
        footer = {
            "",
            "attachSeconds     until all VMs were attached, by four callers for each host; realizedSeconds: until all"
                    + " vNICs enforced",
            "restartSeconds    from the start of a host that was killed until it has all its vNICs again",
            "…BytesPerVnic     heap after a full collection, memory beside it, and files, of all hosts together, that"
                    + " attaching added",
            "idleCores         that all hosts keep busy while nothing happens",
            "tagMillis…        a VM's tag changes: from the request until every vNIC enforces",
            "",
            "  portcullis bench scale --hosts 3 --vnics 100000 --json",
        })
final class ScaleBench implements Callable<Integer> {
    private static final int MAX_HOSTS = 16;
    private static final int MAX_CHANGES = 100_000;
    private static final int MAX_CLASSES = 1_000;
    private static final int MAX_HEAP_MEBIBYTES = 65_536;
    private static final int MAX_PORT = 65_000;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Option(names = "--hosts", paramLabel = "N", defaultValue = "3", description = "Default: ${DEFAULT-VALUE}.")
    private int hosts;

    @Option(
            names = "--vnics",
            paramLabel = "N",
            defaultValue = "100000",
            description = "In all. Default: ${DEFAULT-VALUE}.")
    private int vnics;

    @Option(names = "--vnics-per-vm", paramLabel = "N", defaultValue = "8", description = "Default: ${DEFAULT-VALUE}.")
    private int vnicsPerVm;

    @Option(
            names = "--applications",
            paramLabel = "N",
            defaultValue = "500",
            description = "Each has a group, a policy of two rules, and one rule table. Default: ${DEFAULT-VALUE}.")
    private int applications;

    @Option(
            names = "--changes",
            paramLabel = "N",
            defaultValue = "20",
            description = "Of a tag. Default: ${DEFAULT-VALUE}.")
    private int changes;

    @Option(
            names = "--heap",
            paramLabel = "MIB",
            defaultValue = "2048",
            description = "Of each host, taken at its start. Default: ${DEFAULT-VALUE}.")
    private int heapMebibytes;

    @Option(
            names = "--classes",
            paramLabel = "N",
            defaultValue = "0",
            description = "Print so many classes whose objects take most of a vNIC's heap.")
    private int classes;

    @Option(
            names = "--port-base",
            paramLabel = "PORT",
            defaultValue = "7700",
            description = "Ten ports for each host from here on. Default: ${DEFAULT-VALUE}.")
    private int portBase;

    @Option(names = "--json", description = "Print one JSON object on one line.")
    private boolean json;

    @Override
    public Integer call() throws InterruptedException, TimeoutException {
        check("--hosts", hosts, 1, MAX_HOSTS);
        check("--vnics-per-vm", vnicsPerVm, 1, Limits.MAX_VNICS_PER_VM);
        check("--vnics", vnics, vnicsPerVm, vnicsPerVm * Limits.MAX_VMS);
        check("--applications", applications, 2, Limits.MAX_POLICIES);
        check("--changes", changes, 1, MAX_CHANGES);
        check("--heap", heapMebibytes, 128, MAX_HEAP_MEBIBYTES);
        check("--classes", classes, 0, MAX_CLASSES);
        check("--port-base", portBase, 1_024, MAX_PORT);
        PrintStream progress = System.err;
        try {
            ScaleTenant tenant = new ScaleTenant(vnics / vnicsPerVm, vnicsPerVm, applications, hosts);
            NodeJvm jvm = new NodeJvm(heapMebibytes, true, List.of());
            ScaleCost result = new ScaleCluster(tenant, changes, classes, portBase, jvm, progress).run();
            System.out.println(json ? result.json() : result.table());
            return CommandLine.ExitCode.OK;
        } catch (IOException unusable) {
            progress.println("portcullis: " + unusable.getMessage());
            return Main.UNUSABLE_INPUT;
        }
    }

    private void check(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new ParameterException(spec.commandLine(), option + " must be from " + least + " to " + most);
        }
    }
}
