package io.portcullis.loadtest;

import java.time.Duration;

/**
 * What to drive.
 *
 * @param connections long TCP connections with numbered data both ways
 * @param shortPerSecond TCP connections that are opened and closed
 * @param datagramsPerSecond numbered datagrams, each answered
 * @param migrationInterval between the starts of two migrations; zero for no migration
 */
record LoadPlan(
        Duration duration, int connections, int shortPerSecond, int datagramsPerSecond, Duration migrationInterval) {}
