/**
 * What happened to each numbered frame, and what may be said of it: who decided it under which epoch, in which order, how often, and whether a firewall
 * that never moved would have decided the same. Knows neither hosts nor networks, so that tests can tell it any history.
 */
@org.jspecify.annotations.NullMarked
package io.portcullis.loadtest.history;
