package io.portcullis.migration;

import io.portcullis.migration.AgentCommand.HostLoad;
import io.portcullis.migration.AgentCommand.LoadAnswer;
import io.portcullis.migration.AgentCommand.LoadInPieces;
import io.portcullis.migration.AgentCommand.VmWeight;
import io.portcullis.migration.model.HostRoom;
import io.portcullis.migration.model.PlacementPolicy.AntiAffinity;
import io.portcullis.migration.model.VmLoad;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.parcel.Parcel;
import io.portcullis.vnic.parcel.Parcels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** Asks hosts what they carry, and makes of two looks at a VM how many packets a second it has. Belongs to {@link BulkOperations}, on its thread. */
final class HostSurvey {
    /** What hosts and tenants said. */
    record Answers(List<HostLoad> loads, Map<TenantId, Map<VmId, Set<String>>> apart) {
        static final Answers NONE = new Answers(List.of(), Map.of());
    }

    private record Sample(long packets, long atMillis) {}

    private final ActorSystem<?> system;
    private final BulkEnvironment environment;
    private Map<VmId, Sample> samples = new HashMap<>();
    private Map<VmId, VmLoad> known = new HashMap<>();
    private List<HostRoom> rooms = List.of();
    private Set<TenantId> silent = Set.of();

    HostSurvey(ActorSystem<?> system, BulkEnvironment environment) {
        this.system = system;
        this.environment = environment;
    }

    /** Asks all hosts that are up, and the tenants of their VMs; never fails. */
    CompletableFuture<Answers> ask(Set<VmId> besides) {
        MigrationSettings settings = environment.settings();
        List<CompletableFuture<Optional<HostLoad>>> loads = new ArrayList<>();
        for (HostId host : environment.hosts().up()) {
            loads.add(AskPattern.<AgentCommand, LoadAnswer>ask(
                            environment.hosts().agent(host),
                            replyTo -> new AgentCommand.GetLoad(List.copyOf(besides), replyTo),
                            settings.checkTimeout(),
                            system.scheduler())
                    .thenCompose(answer -> switch (answer) {
                        case HostLoad load -> CompletableFuture.<Object>completedFuture(load);
                        case LoadInPieces(Parcel load) -> Parcels.get(system).fetch(load);
                    })
                    .handle((load, failure) ->
                            load instanceof HostLoad found ? Optional.of(found) : Optional.<HostLoad>empty())
                    .toCompletableFuture());
        }
        return all(loads).thenCompose(found -> {
            List<HostLoad> answered = found.stream().flatMap(Optional::stream).toList();
            return apart(answered, besides).thenApply(apart -> new Answers(answered, apart));
        });
    }

    private CompletableFuture<Map<TenantId, Map<VmId, Set<String>>>> apart(List<HostLoad> loads, Set<VmId> besides) {
        if (environment.settings().bulk().policy().antiAffinity() == AntiAffinity.OFF) {
            return CompletableFuture.completedFuture(Map.of());
        }
        Set<TenantId> tenants = loads.stream()
                .flatMap(load -> load.vms().stream())
                .map(weight -> weight.vm().tenant())
                .collect(Collectors.toSet());
        besides.forEach(vm -> tenants.add(vm.tenant()));
        List<CompletableFuture<Optional<Map.Entry<TenantId, Map<VmId, Set<String>>>>>> asked = tenants.stream()
                .map(tenant -> environment
                        .apart()
                        .apply(tenant)
                        .handle((apart, failure) -> Optional.ofNullable(apart).map(values -> Map.entry(tenant, values)))
                        .toCompletableFuture())
                .toList();
        return all(asked)
                .thenApply(found -> found.stream()
                        .flatMap(Optional::stream)
                        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
    }

    private static <T> CompletableFuture<List<T>> all(List<CompletableFuture<T>> stages) {
        return CompletableFuture.allOf(stages.toArray(CompletableFuture<?>[]::new))
                .thenApply(done -> stages.stream().map(CompletableFuture::join).toList());
    }

    // ---- what is known

    /** Takes what {@link #ask} brought; what is known of VMs on their way stays, however often hosts are asked meanwhile. */
    void take(Answers answers, Set<VmId> onTheirWay) {
        long now = environment.wallClockMillis().getAsLong();
        Map<VmId, Sample> newest = new HashMap<>();
        Map<VmId, VmLoad> loads = new HashMap<>(known);
        List<HostRoom> found = new ArrayList<>();
        for (HostLoad load : answers.loads()) {
            List<VmLoad> vms = new ArrayList<>();
            for (VmWeight weight : load.vms()) {
                VmLoad vm = load(weight, answers.apart(), now);
                newest.put(weight.vm(), new Sample(weight.packets(), now));
                loads.put(weight.vm(), vm);
                vms.add(vm);
            }
            found.add(new HostRoom(load.host(), load.maxVnics(), load.takesVms(), vms));
        }
        loads.keySet().removeIf(vm -> !newest.containsKey(vm) && !samples.containsKey(vm) && !onTheirWay.contains(vm));
        samples = newest;
        known = loads;
        rooms = found;
        silent = answers.loads().stream()
                .flatMap(load -> load.vms().stream())
                .map(weight -> weight.vm().tenant())
                .filter(tenant -> !answers.apart().containsKey(tenant))
                .collect(Collectors.toSet());
    }

    private VmLoad load(VmWeight weight, Map<TenantId, Map<VmId, Set<String>>> apart, long now) {
        Sample before = samples.get(weight.vm());
        long rate = before == null || before.atMillis() >= now
                ? 0
                : Math.max(0, (weight.packets() - before.packets()) * 1_000 / (now - before.atMillis()));
        Set<String> values = apart.getOrDefault(weight.vm().tenant(), Map.of()).getOrDefault(weight.vm(), Set.of());
        return new VmLoad(weight.vm(), weight.vnics(), weight.connections(), rate, values);
    }

    List<HostRoom> rooms() {
        return rooms;
    }

    /** As it was seen last; a VM that never was seen has one vNIC. */
    VmLoad of(VmId vm) {
        return known.getOrDefault(vm, new VmLoad(vm, 1, 0, 0, Set.of()));
    }

    /** Whether it is not known what the VM must be kept apart from, and counts. */
    boolean mayBeApart(VmId vm) {
        return environment.settings().bulk().policy().antiAffinity() == AntiAffinity.HARD
                && silent.contains(vm.tenant());
    }
}
