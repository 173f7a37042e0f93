package io.portcullis.loadtest.run;

import io.portcullis.loadtest.report.RunReport;
import io.portcullis.loadtest.scenario.Scenario;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** One run of a scenario on hosts of its own, each a process with the product's node in it. Leaves nothing behind. One thread. */
public final class ScenarioRun {
    private static final String TENANT = "load";
    private static final int VLAN = 3_001;

    private final Scenario scenario;
    private final double scale;
    private final long seed;
    private final ScenarioHosts.Labs labs;
    private final int portBase;
    private final PrintStream progress;
    private final @Nullable Path logs;

    /**
     * @param scale by which the scenario was made smaller, for the report
     * @param labs what hosts, VMs and the fabric between them are made of
     * @param portBase of the first host; ten ports for each
     * @param progress where it says what it does
     * @param logs folder that gets what the hosts have logged; null for none
     */
    public ScenarioRun(
            Scenario scenario,
            double scale,
            long seed,
            ScenarioHosts.Labs labs,
            int portBase,
            PrintStream progress,
            @Nullable Path logs) {
        this.scenario = scenario;
        this.scale = scale;
        this.seed = seed;
        this.labs = labs;
        this.portBase = portBase;
        this.progress = progress;
        this.logs = logs;
    }

    /** Runs it. */
    public RunReport run() throws IOException, InterruptedException, TimeoutException {
        try (ScenarioHosts hosts = ScenarioHosts.start(labs, List.of(scenario), portBase, progress)) {
            try {
                return new ScenarioPlay(scenario, scale, seed, hosts, TENANT, VLAN, progress).run();
            } finally {
                keepLogs(hosts);
            }
        }
    }

    /** Also of a run that failed; that they cannot be kept fails none. */
    private void keepLogs(ScenarioHosts hosts) {
        if (logs == null) {
            return;
        }
        try {
            hosts.cluster().copyLogs(logs);
        } catch (IOException failed) {
            progress.println("the hosts' logs are not kept: " + failed.getMessage());
        }
    }
}
