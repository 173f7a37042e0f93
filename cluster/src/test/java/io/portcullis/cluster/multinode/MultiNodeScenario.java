package io.portcullis.cluster.multinode;

import io.portcullis.cluster.HostUnderTest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.pekko.actor.Address;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.remote.testconductor.RoleName;
import org.apache.pekko.remote.testkit.MultiNodeConfig;
import org.apache.pekko.remote.testkit.MultiNodeSpec;
import org.awaitility.Awaitility;
import scala.concurrent.Await;
import scala.concurrent.Awaitable;
import scala.jdk.javaapi.CollectionConverters;

/** A story that several nodes play together; every role runs {@link #play()} and meets the others at barriers. */
// The testkit names the direction of a cut by a type of the transport before Artery.
@SuppressWarnings("deprecation")
abstract class MultiNodeScenario extends MultiNodeSpec {
    static final String SYSTEM_NAME = "portcullis";
    /** System property: a directory that all roles share. */
    static final String DIRECTORY_KEY = "scenario.directory";
    /** System property: roles that the first one waits for; all of them unless it says otherwise. */
    static final String PARTICIPANTS_KEY = "scenario.participants";

    private static final org.apache.pekko.remote.transport.ThrottlerTransportAdapter.Direction BOTH_DIRECTIONS =
            bothDirections();

    MultiNodeScenario(MultiNodeConfig config) {
        super(config, settings -> HostUnderTest.actorSystem(SYSTEM_NAME, settings));
    }

    abstract void play() throws Exception;

    /** Called by the super constructor, before any field of this class is set. */
    @Override
    public final int initialParticipants() {
        return Integer.getInteger(PARTICIPANTS_KEY, Integer.getInteger("multinode.max-nodes"));
    }

    void barrier(String name) {
        enterBarrier(CollectionConverters.asScala(List.of(name)).toSeq());
    }

    boolean isRole(RoleName role) {
        return myself().equals(role);
    }

    Cluster cluster() {
        return Cluster.get(system());
    }

    long membersUp() {
        return CollectionConverters.asJava(cluster().state().members()).stream()
                .filter(member -> member.status().equals(MemberStatus.up()))
                .map(Member::uniqueAddress)
                .distinct()
                .count();
    }

    /** Whether a node is or was there that is not removed yet. */
    boolean isMember(Address address) {
        return CollectionConverters.asJava(cluster().state().members()).stream()
                .anyMatch(member -> member.address().equals(address));
    }

    int unreachable() {
        return cluster().state().getUnreachable().size();
    }

    /** Cuts the links between two nodes in both directions; only the first role may call it. */
    void cut(RoleName one, RoleName other) throws Exception {
        await(testConductor().blackhole(one, other, BOTH_DIRECTIONS));
    }

    /** Heals what {@link #cut} cut. */
    void heal(RoleName one, RoleName other) throws Exception {
        await(testConductor().passThrough(one, other, BOTH_DIRECTIONS));
    }

    /** Barriers wait no more for a role that is about to end; only the first role may call it. */
    void dismiss(RoleName role) {
        // The controller obeys and never answers: its future always fails.
        testConductor().removeNode(role);
    }

    static Path directory() {
        return Path.of(System.getProperty(DIRECTORY_KEY));
    }

    static void until(String what, Duration limit, BooleanSupplier condition) {
        Awaitility.await(what).atMost(limit).pollInterval(Duration.ofMillis(50)).until(condition::getAsBoolean);
    }

    static <T> T until(String what, Duration limit, Supplier<T> value, java.util.function.Predicate<T> condition) {
        return Awaitility.await(what)
                .atMost(limit)
                .pollInterval(Duration.ofMillis(50))
                .until(value::get, condition);
    }

    static <T> T await(Awaitable<T> future) throws Exception {
        return await(future, Duration.ofSeconds(60));
    }

    static <T> T await(Awaitable<T> future, Duration limit) throws Exception {
        return Await.result(future, scala.concurrent.duration.Duration.create(limit.toMillis(), "ms"));
    }

    private static org.apache.pekko.remote.transport.ThrottlerTransportAdapter.Direction bothDirections() {
        try {
            // A Scala object nested in a trait's companion: Java has no name for it.
            return (org.apache.pekko.remote.transport.ThrottlerTransportAdapter.Direction)
                    Class.forName("org.apache.pekko.remote.transport.ThrottlerTransportAdapter$Direction$Both$")
                            .getField("MODULE$")
                            .get(null);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }
}
