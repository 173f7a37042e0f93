package io.portcullis.simulation;

import io.portcullis.policy.model.Limits;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code portcullis simulate}. */
@Command(
        name = "portcullis simulate",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Counts what a change costs in a cluster of many hosts: runs the control plane's actors of all of them in"
                    + " this process, under a network and a clock that are simulated, without data path and API.",
            ""
        },
        footer = {
            "",
            "startSeconds      of one core: all nodes start, tenants are made, all VMs are attached and enforce",
            "…Messages…        from one node to another; of a change, those that it caused, not those that go on all"
                    + " the time",
            "heapBytesPerVnic  what all nodes together keep of a vNIC at rest, without journal and directory",
            "",
            "  portcullis simulate --hosts 1000 --vnics 100000 --json"
        })
public final class Main implements Callable<Integer> {
    private static final int MAX_HOSTS = 10_000;
    private static final int MAX_TENANTS = 4_000;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Option(names = "--hosts", paramLabel = "N", defaultValue = "1000", description = "Default: ${DEFAULT-VALUE}.")
    private int hosts;

    @Option(
            names = "--vnics",
            paramLabel = "N",
            defaultValue = "100000",
            description = "In all. Default: ${DEFAULT-VALUE}.")
    private int vnics;

    @Option(names = "--vnics-per-vm", paramLabel = "N", defaultValue = "4", description = "Default: ${DEFAULT-VALUE}.")
    private int vnicsPerVm;

    @Option(
            names = "--tenants",
            paramLabel = "N",
            defaultValue = "10",
            description = "Each has VMs on all hosts. Default: ${DEFAULT-VALUE}.")
    private int tenants;

    @Option(
            names = "--vms-per-application",
            paramLabel = "N",
            defaultValue = "10",
            description = "Each has a group, a policy of two rules, and one rule table. Default: ${DEFAULT-VALUE}.")
    private int vmsPerApplication;

    @Option(names = "--json", description = "Print one JSON object on one line.")
    private boolean json;

    private Main() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Main()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        check("--hosts", hosts, 1, MAX_HOSTS);
        check("--vnics-per-vm", vnicsPerVm, 1, Limits.MAX_VNICS_PER_VM);
        check("--tenants", tenants, 1, MAX_TENANTS);
        check("--vnics", vnics, vnicsPerVm * tenants, vnicsPerVm * Limits.MAX_VMS);
        check("--vms-per-application", vmsPerApplication, 1, Limits.MAX_VMS);
        SimResult result = SimRun.run(new SimShape(hosts, vnics, vnicsPerVm, tenants, vmsPerApplication));
        System.out.println(json ? result.json() : result.table());
        return CommandLine.ExitCode.OK;
    }

    private void check(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new ParameterException(spec.commandLine(), option + " must be from " + least + " to " + most);
        }
    }
}
