package io.portcullis.admin;

import io.portcullis.admin.http.RefusedException;
import io.portcullis.api.ClusterView;
import io.portcullis.api.EvacuationView;
import io.portcullis.api.HistoryView;
import io.portcullis.api.HostView;
import io.portcullis.api.MigrationView;
import io.portcullis.api.OperationView;
import io.portcullis.api.PlacementView;
import io.portcullis.api.RealizationView;
import io.portcullis.api.RebalanceView;
import io.portcullis.api.VnicStatusView;
import io.portcullis.datapath.engine.FlowQuery;
import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.migration.BulkCommand;
import io.portcullis.migration.model.BulkOperation;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.vnic.RuleAssignment;
import io.portcullis.vnic.VmSpec;
import io.portcullis.vnic.VnicReview;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What the routes need of the cluster. Thread-safe; nothing blocks. What is expected to go wrong fails the stage with a
 * {@link RefusedException}: unknown things, refusals of the actors, hosts that do not answer. Every stage ends within a bounded time.
 */
public interface AdminServices {
    // This node and the cluster.

    /** Ready: the node is Up in the cluster and its host agent runs. */
    CompletionStage<Readiness> readiness();

    CompletionStage<NodeReport> nodeReport();

    CompletionStage<ClusterView> cluster();

    // Hosts.

    CompletionStage<List<HostView>> hosts();

    CompletionStage<HostView> host(HostId host);

    /** Begins to empty the host; one that is being drained goes on with what failed. */
    CompletionStage<EvacuationView> empty(HostId host, BulkOperation.Kind kind, BulkCommand.Wishes wishes, String by);

    CompletionStage<EvacuationView> cancelDrain(HostId host, String by);

    CompletionStage<EvacuationView> evacuation(HostId host);

    // VMs that are moved as one thing.

    /** Newest first. */
    CompletionStage<List<OperationView>> operations();

    CompletionStage<OperationView> operation(String id);

    CompletionStage<OperationView> change(String operation, BulkCommand.Change change, String by);

    /** Null leaves a limit as it is. */
    CompletionStage<OperationView> limit(
            String operation, @Nullable Integer parallel, @Nullable Long bytesPerSecond, String by);

    CompletionStage<RebalanceView> rebalance(BulkCommand.Wishes wishes, boolean dryRun, String by);

    // Tenants.

    CompletionStage<List<TenantId>> tenants();

    /** Makes the tenant, or changes its defaults if there is one. */
    CompletionStage<EditOutcome> putTenant(
            TenantId tenant, ModelEdit.SetDefaults defaults, OptionalLong expectedRevision, String by);

    /** Refused unless the tenant is empty. */
    CompletionStage<Void> deleteTenant(TenantId tenant, String by);

    CompletionStage<TenantModel> model(TenantId tenant);

    /** As it was at that revision; refused as unknown if it is not remembered any more. */
    CompletionStage<TenantModel> model(TenantId tenant, long revision);

    /**
     * Revisions, newest first.
     *
     * @param before only those below this one
     */
    CompletionStage<HistoryView> history(TenantId tenant, long before, int limit);

    /**
     * All edits or none.
     *
     * @param note why, for the record; empty for none
     */
    CompletionStage<EditOutcome> edit(
            TenantId tenant, List<ModelEdit> edits, OptionalLong expectedRevision, String by, String note);

    /** What {@link #edit} would answer now; changes nothing. */
    CompletionStage<EditOutcome> check(TenantId tenant, List<ModelEdit> edits, OptionalLong expectedRevision);

    CompletionStage<TableInForce> rules(VnicId vnic);

    /** Which table each of these vNICs should have; those that the tenant does not have are missing. */
    CompletionStage<Map<VnicId, RuleAssignment>> assignments(TenantId tenant, Set<VnicId> vnics);

    /** What staged policies would have done, as the hosts counted it; hosts that do not answer are named. */
    CompletionStage<StagedReport> staged(TenantId tenant);

    /**
     * What the tenant's rules have counted, of all hosts, also those that are gone; of the provider, in all tenants. Never fails for a host that does
     * not answer.
     */
    CompletionStage<HitReport> hits(TenantId tenant);

    /** Longest wait that {@link #realization} takes. */
    Duration MAX_REALIZATION_WAIT = Duration.ofSeconds(10);

    /**
     * Every attached vNIC of the tenant with the newest revision it is known to enforce.
     *
     * @param revision to compare with; empty for the newest
     * @param wait answers when all enforce that revision, or when this time is over
     */
    CompletionStage<RealizationView> realization(TenantId tenant, OptionalLong revision, Duration wait);

    // VMs on hosts.

    /** Where the VM is; a VM that never was attached is {@code DETACHED} with epoch 0. */
    CompletionStage<PlacementView> placement(VmId vm);

    /**
     * As {@link #placement}, for one who only looks: where the placement does not answer, as while the database is away, it is who enforces the VM by the word of the hosts
     * ({@code asOf}), or {@code UNKNOWN}.
     */
    CompletionStage<PlacementView> findPlacement(VmId vm);

    /**
     * Placements of the tenant's VMs as the directory has them, and their replicas as the hosts say that keep them; VMs that are detached are missing. While the directory
     * cannot be read, of all VMs what {@link #findPlacement} says.
     */
    CompletionStage<Map<VmId, PlacementView>> placements(TenantId tenant);

    /** Whether the VM is to have a replica where the order to attach it does not say it. */
    boolean wantsReplica(Vm vm);

    /** Completes when the VM's vNICs enforce there. */
    CompletionStage<PlacementView> attach(VmSpec vm, HostId host, String by);

    CompletionStage<PlacementView> detach(VmId vm, String by);

    /** Live state; empty if that host has no such vNIC. */
    CompletionStage<Optional<VnicStatusView>> vnicStatus(HostId host, VnicId vnic);

    /** At most {@code limit}, in no order. */
    CompletionStage<List<ConnectionInfo>> connections(HostId host, VnicId vnic, int limit);

    /** What the vNIC's firewall on that host says about a flow; never fails. */
    CompletionStage<FirewallAnswer> trace(HostId host, VnicId vnic, FlowQuery query);

    /** What the table would do to live connections, of each of these vNICs of that host in their order; never fails. */
    CompletionStage<List<VnicReview>> review(HostId host, RuleTable candidate, List<VnicId> vnics, int maxExamples);

    // Migrations.

    CompletionStage<MigrationView> migrate(VmId vm, HostId to, String by);

    /** As {@link #migrate}, of a VM that a hypervisor moves: the cut waits until {@link #vmStopped}. */
    CompletionStage<MigrationView> hypervise(VmId vm, HostId to, String by);

    /** The hypervisor has stopped the VM: its firewalls hand over now. May be repeated. */
    CompletionStage<Void> vmStopped(VmId vm, String id);

    /** Newest first. */
    CompletionStage<List<MigrationView>> migrations(Optional<VmId> vm, int limit);

    CompletionStage<MigrationView> migration(String id);

    /** Longest wait that {@link #migration(String, int, Duration)} takes. */
    Duration MAX_MIGRATION_WAIT = Duration.ofSeconds(10);

    /** As {@link #migration(String)}, as soon as it has entered more than {@code phases} phases or has ended, or when {@code wait} is over. */
    CompletionStage<MigrationView> migration(String id, int phases, Duration wait);

    /** The host that the VM would be moved from; refused as {@link #migrate} would be, and changes nothing. */
    CompletionStage<HostId> checkMigration(VmId vm, HostId to, String by);

    CompletionStage<MigrationView> cancel(String id, String by);
}
