package io.portcullis.loadtest.arm;

import io.portcullis.api.ApiException;
import io.portcullis.api.NotReachableException;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.TenantSpec;
import io.portcullis.loadtest.flow.VmEnd;
import io.portcullis.loadtest.lab.FrameLab;
import io.portcullis.loadtest.report.RunReport.ArmMove;
import io.portcullis.loadtest.scenario.Arm;
import io.portcullis.loadtest.scenario.Scenario;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The controls of a run, each with a VM that gets the traffic of the first one that moves. {@link #moveAll} moves each of them once, one after the
 * other. One thread at a time.
 *
 * <p>The product moves no VM without its connections; a firewall without state transfer is one whose VM is detached at one host and attached at the other,
 * where it finds an empty table, with tracking as the arm says.
 */
public final class Controls implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    /** From the end of a move until what it delayed has come. */
    private static final long AFTER_MILLIS = 100;

    /**
     * The VM of an arm.
     *
     * @param documents its segment and itself
     */
    public record Subject(VmEnd vm, String documents) {}

    private final PortcullisClient client;
    private final String tenant;
    private final List<String> hosts;
    private final Map<Arm, Subject> subjects;
    private final @Nullable PlainHosts plain;
    private final Map<String, List<ArmMove>> moves = new LinkedHashMap<>();
    private int count;

    private Controls(
            PortcullisClient client,
            String tenant,
            List<String> hosts,
            Map<Arm, Subject> subjects,
            @Nullable PlainHosts plain) {
        this.client = client;
        this.tenant = tenant;
        this.hosts = hosts;
        this.subjects = subjects;
        this.plain = plain;
        subjects.keySet().forEach(arm -> moves.put(arm.label(), new ArrayList<>()));
    }

    /**
     * Makes tenants, and hosts without a firewall; returns when all of it is enforced.
     *
     * @param tenant of the scenario; those of the arms are called after it
     */
    public static Controls prepare(
            PortcullisClient client, FrameLab lab, Scenario scenario, String tenant, Map<Arm, Subject> subjects)
            throws IOException, TimeoutException {
        PlainHosts plain = null;
        for (Map.Entry<Arm, Subject> each : subjects.entrySet()) {
            Subject subject = each.getValue();
            switch (each.getKey()) {
                case NO_FIREWALL ->
                    plain = new PlainHosts(
                            subject.vm(), List.of(lab.uplink(tenant + "-plain-1"), lab.uplink(tenant + "-plain-2")));
                case LOOSE, STRICT -> {
                    String its = tenant(tenant, each.getKey());
                    client.putTenant(
                            its,
                            new TenantSpec(
                                    scenario.tenant().defaultAction(),
                                    each.getKey().label()));
                    client.apply(its, subject.documents());
                    long revision =
                            client.apply(its, scenario.tenant().policy()).revision();
                    client.attach(
                            its, subject.vm().name(), scenario.hosts().names().getFirst());
                    client.awaitRealized(its, revision, LIMIT);
                }
            }
        }
        return new Controls(client, tenant, scenario.hosts().names(), subjects, plain);
    }

    private static String tenant(String tenant, Arm arm) {
        return tenant + "-" + arm.label();
    }

    /**
     * Moves each once.
     *
     * @param startNanos of the timeline
     */
    public void moveAll(long startNanos) throws IOException, InterruptedException {
        for (Map.Entry<Arm, Subject> each : subjects.entrySet()) {
            VmEnd vm = each.getValue().vm();
            vm.takeLongestGapNanos();
            vm.takeLongestDelayNanos();
            long began = System.nanoTime();
            move(each.getKey(), vm);
            TimeUnit.MILLISECONDS.sleep(AFTER_MILLIS);
            List<ArmMove> its = moves.get(each.getKey().label());
            if (its != null) {
                its.add(new ArmMove(
                        (began - startNanos) / 1e6, vm.takeLongestGapNanos() / 1e3, vm.takeLongestDelayNanos() / 1e3));
            }
        }
        count++;
    }

    private void move(Arm arm, VmEnd vm) throws IOException, InterruptedException {
        switch (arm) {
            case NO_FIREWALL -> {
                if (plain != null) {
                    plain.move();
                }
            }
            case LOOSE, STRICT -> {
                try {
                    client.detach(tenant(tenant, arm), vm.name());
                    client.attach(tenant(tenant, arm), vm.name(), hosts.get((count + 1) % 2));
                } catch (ApiException | NotReachableException refused) {
                    throw new IOException(
                            "the VM of the arm " + arm.label() + " did not move: " + refused.getMessage(), refused);
                }
            }
        }
    }

    /** Of each arm, by its label. */
    public Map<String, List<ArmMove>> moves() {
        Map<String, List<ArmMove>> all = new LinkedHashMap<>();
        moves.forEach((arm, its) -> all.put(arm, List.copyOf(its)));
        return all;
    }

    @Override
    public void close() {
        if (plain != null) {
            plain.close();
        }
    }
}
