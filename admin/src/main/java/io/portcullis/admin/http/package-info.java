/** Requests, answers and problems, and the table of routes. Knows nothing of firewalls. */
@org.jspecify.annotations.NullMarked
package io.portcullis.admin.http;
