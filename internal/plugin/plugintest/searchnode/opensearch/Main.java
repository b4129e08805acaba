import java.nio.file.Path;
import org.codelibs.opensearch.runner.OpenSearchRunner;

// Starts one OpenSearch node on loopback: Main FOLDER [setting=value]... It ends when its
// standard input does.
public class Main {
	public static void main(String[] args) throws Exception {
		OpenSearchRunner runner = new OpenSearchRunner();
		runner.setMaxHttpPort(-1);
		runner.onBuild((number, settings) -> {
			settings.put("http.host", "127.0.0.1");
			settings.put("transport.host", "127.0.0.1");
			settings.put("discovery.type", "single-node");
			settings.putList("node.roles", "cluster_manager", "data", "ingest");
			settings.put("cluster.routing.allocation.disk.threshold_enabled", false);
			settings.put("script.context.template.max_compilations_rate", "unlimited");
			settings.putList("discovery.seed_hosts");
			for (int i = 1; i < args.length; i++) {
				String[] pair = args[i].split("=", 2);
				settings.put(pair[0], pair[1]);
			}
		}).build(OpenSearchRunner.newConfigs().basePath(args[0]).numOfNode(1).clusterName("test"));
		System.out.println("started");
		while (System.in.read() >= 0) {
		}
		Runtime.getRuntime().halt(0);
	}
}
