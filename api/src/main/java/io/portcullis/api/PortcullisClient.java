package io.portcullis.api;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP API as calls. Thread-safe; every call blocks until the answer is there. A refusal is an {@link ApiException}, no answer a
 * {@link NotReachableException}; an interrupted thread gets a {@link NotReachableException} with its interrupt flag set.
 */
public final class PortcullisClient implements AutoCloseable {
    /** Between two looks at something that is awaited. */
    private static final Duration POLL_INTERVAL = Duration.ofMillis(50);
    /** For which a node is asked to wait with its answer about a realization. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private final Transport transport;

    private PortcullisClient(Transport transport) {
        this.transport = transport;
    }

    /** A client for the endpoint, for example {@code http://127.0.0.1:7300}. Opens no connection yet. */
    public static PortcullisClient connect(URI base, String token) {
        return connect(base, token, null);
    }

    /**
     * As {@link #connect(URI, String)}, for an endpoint with {@code https}.
     *
     * @param trust whom to believe; null for the authorities of the JDK
     */
    public static PortcullisClient connect(URI base, String token, @Nullable SSLContext trust) {
        String text = base.toString();
        URI folder = URI.create(text.endsWith("/") ? text : text + "/");
        return new PortcullisClient(new Transport(folder, token.strip(), trust));
    }

    /** As {@link #connect}, with the token that stands in a file. */
    public static PortcullisClient withTokenFile(URI base, Path tokenFile) throws IOException {
        return connect(base, Files.readString(tokenFile));
    }

    public URI base() {
        return transport.base();
    }

    // The node.

    /** Whether the node answers and says that it is ready to serve. Never throws. */
    public boolean isReady() {
        try {
            return transport.send(transport.request("ready").GET().build()).statusCode() == 200;
        } catch (NotReachableException notYet) {
            return false;
        }
    }

    /** The metrics of the node in Prometheus' text format. */
    public String metrics() {
        return Transport.text(transport.send(transport.request("metrics").GET().build()));
    }

    public ClusterView cluster() {
        return get(ClusterView.class, "v1", "cluster");
    }

    // Hosts.

    public List<HostView> hosts() {
        return list(HostView.class, "v1", "hosts");
    }

    public HostView host(String host) {
        return get(HostView.class, "v1", "hosts", host);
    }

    /** VMs that are moved as one thing: drains, leaves, evacuations, rebalances. */
    public Operations operations() {
        return new Operations(transport);
    }

    public EvacuationView drain(String host) {
        return operations().drain(host, MoveWishes.NONE);
    }

    public EvacuationView evacuation(String host) {
        return get(EvacuationView.class, "v1", "hosts", host, "drain");
    }

    public EvacuationView cancelDrain(String host) {
        return call("DELETE", null, EvacuationView.class, "v1", "hosts", host, "drain");
    }

    /** Drains the host; then its node leaves the cluster. */
    public EvacuationView leave(String host) {
        return operations().leave(host, MoveWishes.NONE);
    }

    // Tenants and their documents.

    public List<TenantView> tenants() {
        return list(TenantView.class, "v1", "tenants");
    }

    public TenantView tenant(String tenant) {
        return get(TenantView.class, "v1", "tenants", tenant);
    }

    public TenantView putTenant(String tenant, TenantSpec spec) {
        return call("PUT", spec, TenantView.class, "v1", "tenants", tenant);
    }

    /** The tenant must be empty. */
    public void deleteTenant(String tenant) {
        transport.send(transport.request("v1", "tenants", tenant).DELETE().build());
    }

    /** Applies all documents of a text (YAML or JSON), all or none. */
    public ChangeView apply(String tenant, String documents) {
        return apply(tenant, documents, OptionalLong.empty());
    }

    /** As {@link #apply(String, String)}, and only if the tenant still has that revision. */
    public ChangeView apply(String tenant, String documents, OptionalLong revision) {
        return apply(tenant, documents, revision, List.of());
    }

    /**
     * As {@link #apply(String, String, OptionalLong)}, and only if the change brings no finding of these kinds.
     *
     * @param failOn see {@link FindingView#kind}; {@code all} for every kind
     */
    public ChangeView apply(String tenant, String documents, OptionalLong revision, List<String> failOn) {
        String query = failOn.isEmpty() ? "" : "?failOn=" + Transport.encode(String.join(",", failOn));
        HttpRequest.Builder request =
                transport.documents(Transport.path("v1", "tenants", tenant, "documents") + query, documents);
        revision.ifPresent(expected -> request.header("If-Match", "\"" + expected + "\""));
        return transport.parse(transport.send(request.build()), Transport.Shape.of(ChangeView.class));
    }

    /** What a tenant was, is and would be. */
    public TenantRevisions revisions(String tenant) {
        return new TenantRevisions(transport, tenant);
    }

    /** What a tenant may have at most. */
    public TenantQuota quota(String tenant) {
        return new TenantQuota(transport, tenant);
    }

    /** What a tenant has staged. */
    public StagedPolicies staged(String tenant) {
        return new StagedPolicies(transport, tenant);
    }

    /**
     * Documents of one collection.
     *
     * @param collection {@code segments}, {@code groups}, {@code services}, {@code policies} or {@code staged-policies}
     * @param spec the type of their specs
     */
    public <S> List<Resource<S>> resources(String tenant, String collection, Class<S> spec) {
        return resources(tenant, collection, spec, null);
    }

    /** As {@link #resources(String, String, Class)}, at an older revision unless that is null. */
    public <S> List<Resource<S>> resources(String tenant, String collection, Class<S> spec, @Nullable Long revision) {
        String path = Transport.path("v1", "tenants", tenant, collection) + Transport.query("revision", revision);
        ItemList<Resource<S>> list = transport.parse(
                transport.send(transport.requestTo(path).GET().build()),
                Transport.Shape.listOf(Transport.Shape.resourceOf(spec)));
        return list.items();
    }

    public <S> Resource<S> resource(String tenant, String collection, String name, Class<S> spec) {
        return resource(tenant, collection, name, spec, null);
    }

    /** As {@link #resource(String, String, String, Class)}, at an older revision unless that is null. */
    public <S> Resource<S> resource(
            String tenant, String collection, String name, Class<S> spec, @Nullable Long revision) {
        String path = Transport.path("v1", "tenants", tenant, collection, name) + Transport.query("revision", revision);
        return transport.parse(
                transport.send(transport.requestTo(path).GET().build()), Transport.Shape.resourceOf(spec));
    }

    public ChangeView put(String tenant, String collection, String name, Object spec) {
        return call("PUT", spec, ChangeView.class, "v1", "tenants", tenant, collection, name);
    }

    public ChangeView delete(String tenant, String collection, String name) {
        return call("DELETE", null, ChangeView.class, "v1", "tenants", tenant, collection, name);
    }

    /**
     * What is wrong with the tenant's policy though it is valid.
     *
     * @param documents to be tried on top of it, without a change; null for none
     * @param limit findings that are listed at most
     */
    public AnalysisView analyze(String tenant, @Nullable String documents, int limit) {
        return analyze(tenant, documents, limit, null);
    }

    /** As {@link #analyze(String, String, int)}; finds rules without a hit since that time, too (30d, or an instant), unless that is null. */
    public AnalysisView analyze(String tenant, @Nullable String documents, int limit, @Nullable String unusedSince) {
        String path = Transport.path("v1", "tenants", tenant, "analysis")
                + Transport.query("limit", limit, "unusedSince", unusedSince);
        HttpRequest.Builder request =
                documents == null ? transport.requestTo(path).GET() : transport.documents(path, documents);
        return transport.parse(transport.send(request.build()), Transport.Shape.of(AnalysisView.class));
    }

    /** How often the tenant's rules decided; at most so many, of one policy unless that is null. */
    public HitsView hits(String tenant, @Nullable String policy, int limit) {
        String path =
                Transport.path("v1", "tenants", tenant, "hits") + Transport.query("policy", policy, "limit", limit);
        return transport.parse(
                transport.send(transport.requestTo(path).GET().build()), Transport.Shape.of(HitsView.class));
    }

    /** How far the tenant's newest revision has come. */
    public RealizationView realization(String tenant) {
        return get(RealizationView.class, "v1", "tenants", tenant, "realization");
    }

    public RealizationView realization(String tenant, long revision) {
        return transport.parse(
                transport.send(transport
                        .requestTo(Transport.path("v1", "tenants", tenant, "realization") + "?revision=" + revision)
                        .GET()
                        .build()),
                Transport.Shape.of(RealizationView.class));
    }

    /**
     * As {@link #realization(String, long)}; answered when every attached vNIC enforces the revision or a later one, or after {@code wait}.
     *
     * @param wait at most 10 s
     */
    public RealizationView realization(String tenant, long revision, Duration wait) {
        String path = Transport.path("v1", "tenants", tenant, "realization")
                + Transport.query("revision", revision, "waitMillis", wait.toMillis());
        return transport.parse(
                transport.send(transport.requestTo(path).GET().build()), Transport.Shape.of(RealizationView.class));
    }

    /** Waits until every attached vNIC enforces the revision or a later one. */
    public RealizationView awaitRealized(String tenant, long revision, Duration timeout) throws TimeoutException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
            RealizationView view =
                    realization(tenant, revision, left.compareTo(LONGEST_WAIT) < 0 ? left : LONGEST_WAIT);
            if (view.realized()) {
                return view;
            }
            pause(deadline, "revision " + revision + " of " + tenant + " is not realized everywhere");
        }
    }

    /** What the policy says about a connection; nothing is sent. */
    public EvaluationView evaluate(String tenant, EvaluateRequest request) {
        return call("POST", request, EvaluationView.class, "v1", "tenants", tenant, "evaluate");
    }

    /** What the firewalls on the connection's way say about it now; nothing is sent. */
    public TraceView trace(String tenant, EvaluateRequest request) {
        return call("POST", request, TraceView.class, "v1", "tenants", tenant, "trace");
    }

    /** What these documents would do to rule tables and live connections if they were applied now; nothing is changed. */
    public PreviewView preview(String tenant, String documents) {
        HttpRequest.Builder request =
                transport.documents(Transport.path("v1", "tenants", tenant, "preview"), documents);
        return transport.parse(transport.send(request.build()), Transport.Shape.of(PreviewView.class));
    }

    // Tokens.

    /** Those that this token may see. */
    public List<TokenView> tokens() {
        return list(TokenView.class, "v1", "tokens");
    }

    /** The answer has the secret; it is shown only once. */
    public TokenView createToken(TokenRequest request) {
        return call("POST", request, TokenView.class, "v1", "tokens");
    }

    /** Ends it on every node within seconds. */
    public void deleteToken(String name) {
        transport.send(transport.request("v1", "tokens", name).DELETE().build());
    }

    // VMs.

    public List<VmView> vms(String tenant) {
        return list(VmView.class, "v1", "tenants", tenant, "vms");
    }

    public VmView vm(String tenant, String vm) {
        return get(VmView.class, "v1", "tenants", tenant, "vms", vm);
    }

    public ChangeView putVm(String tenant, String vm, VmSpec spec) {
        return call("PUT", spec, ChangeView.class, "v1", "tenants", tenant, "vms", vm);
    }

    /** The VM must be detached. */
    public ChangeView deleteVm(String tenant, String vm) {
        return delete(tenant, "vms", vm);
    }

    /** Answers when the VM's vNICs enforce on that host. */
    public VmView attach(String tenant, String vm, String host) {
        return attach(tenant, vm, new AttachRequest(host, null));
    }

    /** As {@link #attach(String, String, String)}, with or without a replica. */
    public VmView attach(String tenant, String vm, AttachRequest request) {
        return call("POST", request, VmView.class, "v1", "tenants", tenant, "vms", vm, "attach");
    }

    public VmView detach(String tenant, String vm) {
        return call("POST", null, VmView.class, "v1", "tenants", tenant, "vms", vm, "detach");
    }

    public ChangeView tag(String tenant, String vm, List<String> add, List<String> remove) {
        return call("POST", new TagsRequest(add, remove), ChangeView.class, "v1", "tenants", tenant, "vms", vm, "tags");
    }

    public ChangeView findings(String tenant, String vm, FindingsRequest findings) {
        return call("POST", findings, ChangeView.class, "v1", "tenants", tenant, "vms", vm, "findings");
    }

    /** Isolates the VM: nothing passes from it or to it, and what is established is cut. */
    public ChangeView quarantine(String tenant, String vm) {
        return call("PUT", null, ChangeView.class, "v1", "tenants", tenant, "vms", vm, "quarantine");
    }

    public ChangeView clearDiscovered(String tenant, String vm) {
        return call("DELETE", null, ChangeView.class, "v1", "tenants", tenant, "vms", vm, "discovered");
    }

    public ChangeView endQuarantine(String tenant, String vm) {
        return call("DELETE", null, ChangeView.class, "v1", "tenants", tenant, "vms", vm, "quarantine");
    }

    public VnicView vnic(String tenant, String vm, String vnic) {
        return get(VnicView.class, "v1", "tenants", tenant, "vms", vm, "vnics", vnic);
    }

    public RulesView rules(String tenant, String vm, String vnic) {
        return get(RulesView.class, "v1", "tenants", tenant, "vms", vm, "vnics", vnic, "rules");
    }

    public ConnectionsView connections(String tenant, String vm, String vnic, int limit) {
        return connections(tenant, vm, vnic, limit, false);
    }

    /**
     * What the vNIC tracks now.
     *
     * @param why whether the first of them say why they were allowed
     */
    public ConnectionsView connections(String tenant, String vm, String vnic, int limit, boolean why) {
        String path = Transport.path("v1", "tenants", tenant, "vms", vm, "vnics", vnic, "connections");
        String query = "?limit=" + limit + (why ? "&why=true" : "");
        return transport.parse(
                transport.send(transport.requestTo(path + query).GET().build()),
                Transport.Shape.of(ConnectionsView.class));
    }

    // Migrations.

    /**
     * Begins a migration.
     *
     * @param vm {@code tenant/vm}
     */
    public MigrationView migrate(String vm, String to) {
        return call("POST", new MigrationRequest(vm, to), MigrationView.class, "v1", "migrations");
    }

    /** Newest first. */
    public List<MigrationView> migrations(@Nullable String vm, int limit) {
        String query = "?limit=" + limit + (vm == null ? "" : "&vm=" + Transport.encode(vm));
        ItemList<MigrationView> list = transport.parse(
                transport.send(transport
                        .requestTo(Transport.path("v1", "migrations") + query)
                        .GET()
                        .build()),
                Transport.Shape.listOf(Transport.Shape.of(MigrationView.class)));
        return list.items();
    }

    public MigrationView migration(String id) {
        return get(MigrationView.class, "v1", "migrations", id);
    }

    /** As {@link #migration(String)}, as soon as it has entered more than {@code phases} phases or has ended, or after {@code wait} (at most 10 s). */
    public MigrationView migration(String id, int phases, Duration wait) {
        String path = Transport.path("v1", "migrations", id)
                + Transport.query("after", phases, "waitMillis", wait.toMillis());
        return transport.parse(
                transport.send(transport.requestTo(path).GET().build()), Transport.Shape.of(MigrationView.class));
    }

    /** What a migration would be; refused as that would be. Nothing is changed. */
    public PreflightView preflight(String vm, String to) {
        return preflight(vm, to, null);
    }

    /**
     * As {@link #preflight(String, String)}.
     *
     * @param bytesPerSecond that would be sent ahead of the cut at most; null for as fast as the last ones were
     */
    public PreflightView preflight(String vm, String to, @Nullable Long bytesPerSecond) {
        return call(
                "POST",
                new MigrationRequest(vm, to, bytesPerSecond),
                PreflightView.class,
                "v1",
                "migrations",
                "dry-run");
    }

    /** Begins to move the VM of a committed migration back to where that took it from. */
    public MigrationView reverse(String id) {
        return call("POST", null, MigrationView.class, "v1", "migrations", id, "reverse");
    }

    /** For hypervisors that move VMs themselves. */
    public Moves moves() {
        return new Moves(transport);
    }

    /** Cancels; refused with 409 when the hand-over has begun. */
    public MigrationView cancel(String id) {
        return call("DELETE", null, MigrationView.class, "v1", "migrations", id);
    }

    /** Waits until the migration has ended, well or not. */
    public MigrationView awaitMigration(String id, Duration timeout) throws TimeoutException {
        return awaitMigration(id, timeout, each -> {});
    }

    /** As {@link #awaitMigration(String, Duration)}; {@code progress} gets every state that was seen. */
    public MigrationView awaitMigration(String id, Duration timeout, Consumer<MigrationView> progress)
            throws TimeoutException {
        long deadline = System.nanoTime() + timeout.toNanos();
        MigrationView view = migration(id);
        while (true) {
            progress.accept(view);
            if (view.isOver()) {
                return view;
            }
            int phases = view.phases().size();
            Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
            view = migration(id, phases, left.compareTo(LONGEST_WAIT) < 0 ? left : LONGEST_WAIT);
            if (!view.isOver() && view.phases().size() <= phases) {
                pause(deadline, "migration " + id + " has not ended");
            }
        }
    }

    // Plumbing.

    private <T> T get(Class<T> type, String... segments) {
        return transport.parse(transport.send(transport.request(segments).GET().build()), Transport.Shape.of(type));
    }

    private <T> List<T> list(Class<T> type, String... segments) {
        ItemList<T> list = transport.parse(
                transport.send(transport.request(segments).GET().build()),
                Transport.Shape.listOf(Transport.Shape.of(type)));
        return list.items();
    }

    private <T> T call(String method, @Nullable Object body, Class<T> type, String... segments) {
        HttpRequest.BodyPublisher publisher = body == null
                ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofString(Transport.write(body));
        HttpRequest.Builder request = transport.request(segments).method(method, publisher);
        if (body != null) {
            request.header("Content-Type", "application/json");
        }
        return transport.parse(transport.send(request.build()), Transport.Shape.of(type));
    }

    private static void pause(long deadline, String what) throws TimeoutException {
        if (System.nanoTime() - deadline >= 0) {
            throw new TimeoutException(what);
        }
        try {
            Thread.sleep(POLL_INTERVAL);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new TimeoutException(what + " (interrupted)");
        }
    }

    @Override
    public void close() {
        transport.close();
    }
}
