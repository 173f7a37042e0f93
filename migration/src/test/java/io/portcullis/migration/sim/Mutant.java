package io.portcullis.migration.sim;

/** A mistake that is built in to see that the simulation finds it. */
enum Mutant {
    /** Hosts obey whatever epoch an order names. */
    SKIP_FENCE,
    /** A source goes on to enforce what it has handed over. */
    SKIP_SEAL,
    /** A destination enforces with whatever rules it has. */
    ACTIVATE_BELOW_REVISION,
    /** A source writes no note before it cuts, so that a restart does not know of it. */
    SKIP_NOTE,
    /** A destination writes no note of what comes, so that a restart trusts what it enforced before its migration was over. */
    SKIP_ARRIVAL,
    /** A host that knows a note enforces all the same after a restart. */
    IGNORE_NOTE,
    /** A destination that promised never to activate takes the hand-over when it comes. */
    BREAK_PROMISE,
    /** A source that has sealed takes silence for a no. */
    TAKE_SILENCE_FOR_NO,
    /** A source enforces again under the epoch that it has sealed. */
    RECLAIM_OLD_EPOCH,
    /** A source takes back a vNIC that cannot ask the destination while another one of the VM can. */
    TAKE_BACK_UNHEARD,
    /** A placement grants an epoch anew that a host was granted for a case that did not come. */
    FORGET_GRANTED_EPOCH,
    /** A host that promised never to take part begins when the order comes late. */
    FORGET_OATH,
    /** A destination loses some of the state, and checks nothing. */
    TRUST_STATE,
    /** A placement tells hosts once what they are to do. */
    NEVER_REPEAT,
    /** A placement tells nobody that an attach or a detach has ended. */
    FORGET_ANSWER,
    /** A source that is told that its VM has moved keeps it. */
    IGNORE_RELEASE,
    /** A host reports rules as enforced that it has not installed yet. */
    ACKNOWLEDGE_EARLY,
    /** A vNIC that may enforce by itself does so before the source has sealed. */
    ACTIVATE_WITHOUT_SEAL,
    /** A vNIC that is to wait for orders again enforces by itself all the same. */
    IGNORE_DISARM,
    /** A vNIC that may enforce by itself does not wait for the others of its VM. */
    ACTIVATE_ALONE,
    /** A destination promises never to activate without having asked its vNICs, which may by themselves. */
    PROMISE_FOR_ARMED,
    /** Nobody hears of it when a bug stops a host's part of a migration. */
    IGNORE_DEATH,
    /** A host that lets a VM go keeps no note of the epoch that is over. */
    FORGET_RELEASE,
    /** A placement has a host attach a VM while the directory names another one. */
    ATTACH_UNWRITTEN,
    /** A placement has a host attach a VM while the lost host from which it is taken is back. */
    ATTACH_BESIDE,
    /** A placement has a host attach a VM while one is back that had it, and was lost, before the lost one from which it is taken. */
    ATTACH_BESIDE_EARLIER,
    /** A placement has a host begin with a replica since which another one has enforced. */
    TAKE_OLD_REPLICA,
    /** A source does not note every connection that changes while its table is sent. */
    SKIP_CHANGED,
    /** A source does not say which connections are over that it has sent. */
    FORGET_REMOVED,
    /** A source sends pieces of a table in the order in which they are made, not in that in which they were asked for. */
    SEND_AS_ANSWERED,
    /** A source does not compare what the destination has with what was sent. */
    SKIP_SUMS,
    /** A source counts what it had to send twice as if it were more. */
    COUNT_TWICE,
    /** A destination keeps connections of which it hears that they are over. */
    KEEP_REMOVED,
    /** A destination takes chunks as they come. */
    TAKE_OUT_OF_ORDER,
    /** A destination takes once more what comes once more. */
    TAKE_TWICE,
    /** A source does not give back its turn to be cut. */
    KEEP_TURN,
    /** A destination does not give back the turn that it gave a migration that came to it. */
    KEEP_INCOMING_TURN;

    /** Whether it is a mistake in what is sent ahead of the cut. */
    boolean isAhead() {
        return ordinal() >= SKIP_CHANGED.ordinal();
    }
}
