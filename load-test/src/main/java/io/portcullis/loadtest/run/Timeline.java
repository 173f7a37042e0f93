package io.portcullis.loadtest.run;

import io.portcullis.api.ApiException;
import io.portcullis.api.EvacuationView;
import io.portcullis.api.MoveWishes;
import io.portcullis.api.NotReachableException;
import io.portcullis.api.PortcullisClient;
import io.portcullis.loadtest.history.History;
import io.portcullis.loadtest.lab.LocalCluster;
import io.portcullis.loadtest.lab.NodeProcess;
import io.portcullis.loadtest.report.RunReport.StepRecord;
import io.portcullis.loadtest.scenario.Repeat;
import io.portcullis.loadtest.scenario.Scenario;
import io.portcullis.loadtest.scenario.Step;
import io.portcullis.loadtest.scenario.TrafficPlan;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Does the steps of a scenario, each at its time, on threads of their own. What cannot be done is noted, and the others go on. */
final class Timeline {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final long POLL_MILLIS = 50;
    private static final int NOT_FOUND = 404;
    /** VMs that leave a host at the same time before its node does. */
    private static final int LEAVING_TOGETHER = 2;

    /** What is done when all VMs of a step have moved once. */
    interface AfterMove {
        void run() throws IOException, InterruptedException;
    }

    private final Scenario scenario;
    private final LocalCluster cluster;
    private final PortcullisClient client;
    private final Inventory inventory;
    private final Placements placements;
    private final Moves moves;
    private final History history;
    private final AfterMove afterMove;
    private final long startNanos;
    private final List<StepRecord> records = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();

    Timeline(
            Scenario scenario,
            LocalCluster cluster,
            PortcullisClient client,
            Inventory inventory,
            Placements placements,
            Moves moves,
            History history,
            AfterMove afterMove,
            long startNanos) {
        this.scenario = scenario;
        this.cluster = cluster;
        this.client = client;
        this.inventory = inventory;
        this.placements = placements;
        this.moves = moves;
        this.history = history;
        this.afterMove = afterMove;
        this.startNanos = startNanos;
    }

    /** Returns when all steps have ended and the scenario's time is over. */
    void run() throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (Step step : scenario.script().timeline()) {
            threads.add(Thread.ofPlatform().name(step.text()).start(() -> play(step)));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        sleepUntil(scenario.script().durationMillis());
    }

    synchronized List<StepRecord> records() {
        return List.copyOf(records);
    }

    synchronized List<String> failures() {
        return List.copyOf(failures);
    }

    private synchronized void did(String what, double beganMillis) {
        records.add(new StepRecord(what, beganMillis, millis()));
    }

    private synchronized void failed(Step step, Exception why) {
        failures.add(step.text() + ": " + why.getMessage());
    }

    private double millis() {
        return (System.nanoTime() - startNanos) / 1e6;
    }

    private void sleepUntil(int atMillis) throws InterruptedException {
        long left = startNanos + TimeUnit.MILLISECONDS.toNanos(atMillis) - System.nanoTime();
        if (left > 0) {
            TimeUnit.NANOSECONDS.sleep(left);
        }
    }

    private void play(Step step) {
        try {
            sleepUntil(step.atMillis());
            double began = millis();
            switch (step) {
                case Step.Migrate migrate -> migrate(migrate);
                case Step.Evacuate(int _, String host, int parallel) ->
                    empty(host, parallel, wishes -> client.operations().evacuate(host, wishes));
                case Step.Drain(int _, String host, int parallel) -> {
                    placements.close(host);
                    empty(host, parallel, wishes -> client.operations().drain(host, wishes));
                }
                case Step.Undrain(int _, String host) -> {
                    client.cancelDrain(host);
                    placements.open(host);
                }
                case Step.Kill(int _, String host) -> {
                    placements.lost(host, System.nanoTime());
                    cluster.node(host).kill();
                }
                case Step.Start(int _, String host) -> start(host);
                case Step.Restart restart -> restart(restart);
                case Step.Apply apply -> apply(apply);
            }
            did(step.text(), began);
        } catch (RuntimeException | IOException | TimeoutException why) {
            failed(step, why);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether something happens once more after so many times. */
    private boolean isDue(Repeat repeat, int done) {
        return done < repeat.times() && millis() < repeat.untilMillis();
    }

    private void migrate(Step.Migrate step) throws InterruptedException, IOException {
        List<String> vms = inventory.group(step.vm());
        try (ExecutorService movers = Executors.newFixedThreadPool(Math.min(step.parallel(), vms.size()))) {
            for (int time = 0; isDue(step.repeat(), time); time++) {
                List<Future<Object>> moving = movers.invokeAll(movable(vms).stream()
                        .map(vm -> Executors.callable(() -> moves.move(vm, destination(step, vm))))
                        .toList());
                for (Future<Object> move : moving) {
                    ended(move);
                }
                afterMove.run();
                TimeUnit.MILLISECONDS.sleep(step.repeat().restMillis());
            }
        }
        for (int time = 0; time < step.alone(); time++) {
            for (String vm : movable(vms)) {
                moves.move(vm, destination(step, vm));
            }
            afterMove.run();
            TimeUnit.MILLISECONDS.sleep(step.repeat().restMillis());
        }
    }

    /** Those whose host was not killed and that no other step moves; waits while that is none. */
    private List<String> movable(List<String> vms) throws InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (System.nanoTime() < deadline) {
            List<String> movable = vms.stream().filter(placements::isFree).toList();
            if (!movable.isEmpty()) {
                return movable;
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
        return vms;
    }

    private String destination(Step.Migrate step, String vm) {
        String wanted = step.to();
        return wanted == null ? placements.next(vm) : wanted;
    }

    /** A move that went wrong is a record; only a mistake of ours throws. */
    private static void ended(Future<Object> move) throws IOException, InterruptedException {
        try {
            move.get();
        } catch (ExecutionException bug) {
            throw new IOException(bug.getCause());
        }
    }

    private void empty(String host, int parallel, Function<MoveWishes, EvacuationView> order)
            throws InterruptedException, TimeoutException, IOException {
        List<String> vms = placements.on(host);
        vms.forEach(moves::forget);
        vms.forEach(placements::begins);
        long began = System.nanoTime();
        @Nullable EvacuationView view = order.apply(new MoveWishes(null, parallel, null, null, null));
        while (view != null && !view.settled()) {
            if (System.nanoTime() - began > LIMIT.toNanos()) {
                throw new TimeoutException(host + " was not empty after " + LIMIT);
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            view = evacuation(host);
        }
        for (String vm : placements.all()) {
            moves.catchUp(vm);
        }
        vms.forEach(placements::stayed);
        if (view != null && !view.failed().isEmpty()) {
            throw new IOException(view.failed().toString());
        }
    }

    /** Null once the host has left the cluster. */
    private @Nullable EvacuationView evacuation(String host) {
        try {
            return client.evacuation(host);
        } catch (ApiException refused) {
            if (refused.status() == NOT_FOUND) {
                return null;
            }
            throw refused;
        }
    }

    private void restart(Step.Restart step) throws IOException, InterruptedException, TimeoutException {
        String host = step.host();
        NodeProcess node = cluster.node(host);
        for (int time = 0; isDue(step.repeat(), time); time++) {
            double began = millis();
            switch (step.ending()) {
                case KILL -> {
                    placements.lost(host, System.nanoTime());
                    node.kill();
                }
                case STOP -> {
                    placements.lost(host, System.nanoTime());
                    node.stop();
                }
                case LEAVE -> {
                    placements.close(host);
                    empty(host, LEAVING_TOGETHER, wishes -> client.operations().leave(host, wishes));
                    node.awaitEnd(LIMIT);
                }
            }
            TimeUnit.MILLISECONDS.sleep(step.awayMillis());
            start(host);
            did(step.ending().label() + " " + host + ", and start it again", began);
            TimeUnit.MILLISECONDS.sleep(step.repeat().restMillis());
        }
    }

    private void start(String host) throws IOException, InterruptedException, TimeoutException {
        cluster.node(host).start();
        cluster.node(host).awaitReady(LocalCluster.START_LIMIT);
        long deadline = System.nanoTime() + LIMIT.toNanos();
        List<String> missing = missing(host);
        while (!missing.isEmpty()) {
            if (System.nanoTime() > deadline) {
                throw new TimeoutException(missing + " are not enforced by " + host + " again");
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            // Migrations that were under way may have ended elsewhere.
            for (String vm : missing) {
                moves.isSure(vm);
            }
            missing = missing(host);
        }
        placements.back(host, System.nanoTime());
    }

    private List<String> missing(String host) {
        return placements.on(host).stream().filter(vm -> !isEnforced(vm, host)).toList();
    }

    private boolean isEnforced(String vm, String host) {
        try {
            var status = client.vnic(inventory.tenant(), vm, "eth0").status();
            return status != null && status.host().equals(host) && status.mode().equals("ENFORCING");
        } catch (ApiException | NotReachableException notYet) {
            return false;
        }
    }

    private void apply(Step.Apply step) throws TimeoutException, InterruptedException {
        for (int time = 0; isDue(step.repeat(), time); time++) {
            long applied = System.nanoTime();
            long revision = client.apply(inventory.tenant(), step.documents()).revision();
            client.awaitRealized(inventory.tenant(), revision, LIMIT);
            long acknowledged = System.nanoTime();
            TimeUnit.MILLISECONDS.sleep(step.repeat().restMillis());
            long lifted = Long.MAX_VALUE;
            long restored = Long.MAX_VALUE;
            if (step.back() != null) {
                lifted = System.nanoTime();
                long back = client.apply(inventory.tenant(), step.back()).revision();
                client.awaitRealized(inventory.tenant(), back, LIMIT);
                restored = System.nanoTime();
            }
            for (String stream : step.revokes()) {
                history.add(new History.Ban(number(stream), applied, acknowledged, lifted, restored, revision));
            }
            TimeUnit.MILLISECONDS.sleep(step.back() == null ? 0 : step.repeat().restMillis());
        }
    }

    private int number(String stream) {
        return scenario.script().traffic().stream()
                .map(TrafficPlan::name)
                .toList()
                .indexOf(stream);
    }
}
