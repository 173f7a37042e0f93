package io.portcullis.loadtest.run;

import io.portcullis.datapath.track.TrackingProfile;
import io.portcullis.loadtest.lab.Certificates;
import io.portcullis.loadtest.lab.FrameLab;
import io.portcullis.loadtest.lab.LocalCluster;
import io.portcullis.loadtest.lab.MemoryLab;
import io.portcullis.loadtest.lab.NodeJvm;
import io.portcullis.loadtest.scenario.Scenario;
import io.portcullis.loadtest.scenario.TrafficKind;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Hosts on this machine on which scenarios are played, and the fabric between them. {@link #close} removes all of it. Thread-safe once they have started. */
public final class ScenarioHosts implements AutoCloseable {
    private static final int SPARE_CONNECTIONS = 65_536;

    private final Certificates certificates;
    private final FrameLab lab;
    private final LocalCluster cluster;
    private final List<String> names;

    private ScenarioHosts(Certificates certificates, FrameLab lab, LocalCluster cluster, List<String> names) {
        this.certificates = certificates;
        this.lab = lab;
        this.cluster = cluster;
        this.names = names;
    }

    /**
     * Starts as many hosts as any of the scenarios wants, each with as much heap and room as any of them.
     *
     * @param scenarios one at least, which agree about TLS
     * @param portBase of the first host; ten ports for each
     */
    public static ScenarioHosts start(List<Scenario> scenarios, int portBase, PrintStream progress)
            throws IOException, InterruptedException {
        return start(MemoryLab::create, scenarios, portBase, progress);
    }

    /** Makes the lab that hosts are started in. */
    @FunctionalInterface
    public interface Labs {
        FrameLab create() throws IOException;
    }

    /** As above, in a lab of this kind, which goes with the hosts. */
    public static ScenarioHosts start(Labs labs, List<Scenario> scenarios, int portBase, PrintStream progress)
            throws IOException, InterruptedException {
        List<String> names = scenarios.stream()
                .map(scenario -> scenario.hosts().names())
                .max(Comparator.comparingInt(List::size))
                .orElseThrow();
        int heap = scenarios.stream()
                .mapToInt(scenario -> scenario.hosts().heapMebibytes())
                .max()
                .orElseThrow();
        Certificates certificates =
                scenarios.getFirst().hosts().speaksTls() ? Certificates.make(names) : Certificates.none();
        FrameLab lab = labs.create();
        LocalCluster cluster = new LocalCluster(lab, portBase, NodeJvm.small(heap), settings(scenarios, certificates));
        ScenarioHosts hosts = new ScenarioHosts(certificates, lab, cluster, names);
        progress.println("starting " + String.join(", ", names));
        try {
            cluster.start(names.toArray(String[]::new));
            return hosts;
        } catch (IOException | InterruptedException | RuntimeException failed) {
            hosts.close();
            throw failed;
        }
    }

    private static List<String> settings(List<Scenario> scenarios, Certificates certificates) {
        int most = scenarios.stream()
                .mapToInt(ScenarioHosts::mostConnections)
                .max()
                .orElse(0);
        List<String> settings = new ArrayList<>(certificates.settings());
        settings.add("portcullis.limits.max-connections-per-vnic=" + (most + SPARE_CONNECTIONS));
        settings.add("portcullis.limits.max-new-connections-per-second-per-vnic=1000000");
        scenarios.forEach(scenario -> settings.addAll(scenario.hosts().settings()));
        return settings;
    }

    /** Tracked at once at one vNIC: the lasting ones, and the short ones until they are forgotten. */
    private static int mostConnections(Scenario scenario) {
        long shortLives = TimeUnit.NANOSECONDS.toSeconds(TrackingProfile.STRICT.timeWaitNanos()) + 5;
        long most = scenario.script().traffic().stream()
                .mapToLong(plan ->
                        plan.connections() + (plan.kind() == TrafficKind.CHURN ? plan.newPerSecond() * shortLives : 0))
                .sum();
        return Math.toIntExact(Math.min(most, Integer.MAX_VALUE - SPARE_CONNECTIONS));
    }

    FrameLab lab() {
        return lab;
    }

    LocalCluster cluster() {
        return cluster;
    }

    List<String> names() {
        return names;
    }

    @Override
    public void close() {
        cluster.close();
        lab.close();
        certificates.close();
    }
}
