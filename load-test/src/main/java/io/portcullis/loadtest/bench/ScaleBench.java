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
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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
    private static final int MAX_CHANGES = 100_000;
    private static final int MAX_CLASSES = 1_000;

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
            names = "--classes",
            paramLabel = "N",
            defaultValue = "0",
            description = "Print so many classes whose objects take most of a vNIC's heap.")
    private int classes;

    @Mixin
    private final BenchHosts nodes = new BenchHosts(2048, 7700);

    @Mixin
    private final BenchOutput output = new BenchOutput();

    @Override
    public Integer call() throws InterruptedException, TimeoutException {
        output.check("--hosts", hosts, 1, BenchHosts.MAX_HOSTS);
        output.check("--vnics-per-vm", vnicsPerVm, 1, Limits.MAX_VNICS_PER_VM);
        output.check("--vnics", vnics, vnicsPerVm, vnicsPerVm * Limits.MAX_VMS);
        output.check("--applications", applications, 2, Limits.MAX_POLICIES);
        output.check("--changes", changes, 1, MAX_CHANGES);
        output.check("--classes", classes, 0, MAX_CLASSES);
        nodes.check(output);
        PrintStream progress = System.err;
        try {
            ScaleTenant tenant = new ScaleTenant(vnics / vnicsPerVm, vnicsPerVm, applications, hosts);
            NodeJvm jvm = new NodeJvm(nodes.heapMebibytes(), true, List.of());
            ScaleCost result = new ScaleCluster(tenant, changes, classes, nodes.portBase(), jvm, progress).run();
            output.print(result);
            return CommandLine.ExitCode.OK;
        } catch (IOException unusable) {
            progress.println("portcullis: " + unusable.getMessage());
            return Main.UNUSABLE_INPUT;
        }
    }
}
