/**
 * VM end points: what a test does inside a VM. The same sockets over a real kernel in a network namespace and over a
 * small stack of our own on the in-memory fabric, so that one scenario runs on both.
 */
@org.jspecify.annotations.NullMarked
package io.portcullis.loadtest.vm;
