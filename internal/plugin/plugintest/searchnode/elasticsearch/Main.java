import java.util.List;
import java.util.Map;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.transport.Netty4Plugin;

// Starts one Elasticsearch node on loopback: Main FOLDER [setting=value]... It ends when
// its standard input does.
public class Main extends Node {
	Main(Settings settings) {
		super(InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), null, () -> "test"), List.of(Netty4Plugin.class), false);
	}

	public static void main(String[] args) throws Exception {
		Settings.Builder settings = Settings.builder()
			.put("path.home", args[0]).put("cluster.name", "test").put("node.name", "test")
			.put("http.type", "netty4").put("transport.type", "netty4")
			.put("http.host", "127.0.0.1").put("transport.host", "127.0.0.1")
			.put("discovery.type", "single-node")
			.put("cluster.routing.allocation.disk.threshold_enabled", false);
		for (int i = 1; i < args.length; i++) {
			String[] pair = args[i].split("=", 2);
			settings.put(pair[0], pair[1]);
		}
		new Main(settings.build()).start();
		System.out.println("started");
		while (System.in.read() >= 0) {
		}
		Runtime.getRuntime().halt(0);
	}
}
