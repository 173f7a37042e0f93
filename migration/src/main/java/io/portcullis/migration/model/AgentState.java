package io.portcullis.migration.model;

import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What the migration agent of a host remembers; a restart of the agent forgets it.
 *
 * @param limit of {@code ended}, {@code sworn} and {@code refused} each; beyond it the oldest is forgotten
 * @param running sessions
 * @param ended last reports of sessions that have ended, oldest first
 * @param sworn migrations that this host was asked about before it heard of them: it never takes part
 * @param refused attaches that were reported as refused: they are never done, however late the order comes again
 * @param busy what the host is working on; a repetition changes nothing
 * @param looking sessions that it is being looked for
 */
public record AgentState(
        HostId host,
        int limit,
        Set<SessionName> running,
        Map<SessionName, PlacementInput> ended,
        Map<SessionName, Boolean> sworn,
        Map<Busy, PlacementInput> refused,
        Set<Busy> busy,
        Set<SessionName> looking) {
    /** Work for a VM that is under way. */
    public record Busy(VmId vm, HostWork work) {}

    /** An agent that has just started. */
    public static AgentState of(HostId host, int limit) {
        return new AgentState(host, limit, Set.of(), Map.of(), Map.of(), Map.of(), Set.of(), Set.of());
    }

    /** Whether the session runs, or has ended and is remembered. */
    public boolean knows(SessionName session) {
        return running.contains(session) || ended.containsKey(session);
    }

    /** Whether this host was asked about the migration before it heard of it. */
    public boolean hasSworn(SessionName session) {
        return sworn.containsKey(session);
    }

    AgentState running(SessionName session) {
        return new AgentState(host, limit, with(running, session), ended, sworn, refused, busy, looking);
    }

    AgentState over(SessionName session, PlacementInput last) {
        return new AgentState(
                host, limit, without(running, session), bounded(ended, session, last), sworn, refused, busy, looking);
    }

    /** The session is gone, and nothing is known of how it ended. */
    AgentState without(SessionName session) {
        return new AgentState(host, limit, without(running, session), ended, sworn, refused, busy, looking);
    }

    AgentState swearing(SessionName session) {
        return hasSworn(session)
                ? this
                : new AgentState(host, limit, running, ended, bounded(sworn, session, true), refused, busy, looking);
    }

    AgentState working(Busy work) {
        return new AgentState(host, limit, running, ended, sworn, refused, with(busy, work), looking);
    }

    AgentState done(Busy work) {
        return new AgentState(host, limit, running, ended, sworn, refused, without(busy, work), looking);
    }

    AgentState refusing(Busy work, PlacementInput report) {
        return new AgentState(host, limit, running, ended, sworn, bounded(refused, work, report), busy, looking);
    }

    AgentState looking(SessionName session) {
        return new AgentState(host, limit, running, ended, sworn, refused, busy, with(looking, session));
    }

    AgentState looked(SessionName session) {
        return new AgentState(host, limit, running, ended, sworn, refused, busy, without(looking, session));
    }

    private <K, V> Map<K, V> bounded(Map<K, V> map, K key, V value) {
        Map<K, V> next = new LinkedHashMap<>(map);
        next.put(key, value);
        if (next.size() > limit) {
            next.remove(next.keySet().iterator().next());
        }
        return Collections.unmodifiableMap(next);
    }

    private static <T> Set<T> with(Set<T> set, T element) {
        Set<T> next = new HashSet<>(set);
        next.add(element);
        return Collections.unmodifiableSet(next);
    }

    private static <T> Set<T> without(Set<T> set, T element) {
        Set<T> next = new HashSet<>(set);
        next.remove(element);
        return Collections.unmodifiableSet(next);
    }
}
