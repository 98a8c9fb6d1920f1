using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Ncn.Benchmarks.Edge;

/// <summary>The peers' processes, pinned to the measured core, and nginx as their upstream on the others.</summary>
internal sealed class Peers(BenchmarkOptions options, Tools tools, string? nginx, string? node) : IDisposable
{
    private const string Answer =
        """{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"bench-free","choices":[{"index":0,"message":{"role":"assistant","content":" word"},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}""";

    /// <summary>A model that the upstream lists, as a peer gateway would.</summary>
    public const string RelayedModel = "bench-elsewhere";

    private const string Models = $$"""{"object":"list","data":[{"id":"{{RelayedModel}}","object":"model"}]}""";

    private readonly List<Process> _started = [];

    /// <summary>A server that answers at once with one fixed completion; null without nginx.</summary>
    public Uri? FixedUpstream()
    {
        if (nginx is null)
        {
            return null;
        }

        var (port, url) = FreePort();
        Nginx(nginx, "upstream", Cores.Others, $"listen 127.0.0.1:{port}; default_type application/json; location / {{ return 200 '{Answer}'; }} location = /v1/models {{ return 200 '{Models}'; }}", string.Empty);
        return url;
    }

    /// <summary>Our gateway as a pass-through: it relays requests for a model that only its peer has, which is the same upstream.</summary>
    public Contender Relay(BenchNetwork network, Uri upstream)
    {
        var (port, url) = FreePort();
        Process process = network.StartGateway(port, new Dictionary<string, string> { ["Ncn__Gateway__Peers"] = upstream.GetLeftPart(UriPartial.Authority) });
        _started.Add(process);
        return new Contender("ours, relaying", url, process.Id) { Model = RelayedModel };
    }

    /// <summary>nginx as reverse proxy with 128 connections kept to its upstream, unbuffered.</summary>
    public Contender? NginxProxy(string name, Uri upstream)
    {
        if (nginx is null)
        {
            return null;
        }

        var (port, url) = FreePort();
        Process process = Nginx(
            nginx, name, Cores.Measured,
            $"listen 127.0.0.1:{port}; location / {{ proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_buffering off; }}",
            $"upstream up {{ server {upstream.Authority}; keepalive 128; }}");
        return new Contender("nginx", url, process.Id);
    }

    public Contender Yarp(Uri upstream)
    {
        var (port, url) = FreePort();
        return new Contender("YARP", url, Started("dotnet", [PeerProgram, "yarp", $"{port}", upstream.AbsoluteUri]));
    }

    public Contender? Portkey(Uri upstream)
    {
        if (node is null)
        {
            return null;
        }

        var (port, url) = FreePort();
        int process = Started("node", [Path.Combine(node, "node_modules", "@portkey-ai", "gateway", "build", "start-server.js"), "--headless", $"--port={port}"]);
        return new Contender("Portkey", url, process)
        {
            Headers = new Dictionary<string, string>
            {
                ["x-portkey-provider"] = "openai", ["x-portkey-custom-host"] = upstream.AbsoluteUri + "v1", ["Authorization"] = "Bearer none",
            },
        };
    }

    public Contender? Llms(Uri upstream)
    {
        if (node is null)
        {
            return null;
        }

        var (port, url) = FreePort();
        string script = Path.Combine(BenchmarkOptions.Root, "tests", "Ncn.Benchmarks", "scripts", "llms.cjs");
        return new Contender("@musistudio/llms", url, Started("node", [script, node, $"{port}", upstream.AbsoluteUri])) { Model = "mock," + MockModel.Free.Name };
    }

    /// <summary>The program with the peers that are .NET.</summary>
    public static string PeerProgram =>
        Path.Combine(BenchmarkOptions.Root, "artifacts", "bin", "Ncn.Benchmarks.Peers", "release", "Ncn.Benchmarks.Peers.dll");

    public void Dispose()
    {
        foreach (Process process in _started)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
        }
    }

    /// <summary>A port that nobody listened on a moment ago.</summary>
    public static (int Port, Uri Url) FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        return (port, new Uri($"http://127.0.0.1:{port}/"));
    }

    private int Started(string file, string[] arguments)
    {
        Process process = Cores.Start(Cores.Measured, file, arguments);
        _started.Add(process);
        return process.Id;
    }

    private Process Nginx(string program, string name, string cores, string server, string more)
    {
        string folder = Directory.CreateDirectory(Path.Combine(options.Folder, "nginx-" + name)).FullName;
        File.WriteAllText(Path.Combine(folder, "nginx.conf"), $$"""
            worker_processes 1;
            daemon off;
            pid nginx.pid;
            error_log error.log crit;
            events { worker_connections 2048; }
            http {
              access_log off;
              keepalive_requests 1000000000;
              client_body_temp_path body;
              proxy_temp_path proxy;
              fastcgi_temp_path fastcgi;
              uwsgi_temp_path uwsgi;
              scgi_temp_path scgi;
              {{more}}
              server { {{server}} }
            }
            """);
        Process process = Cores.Start(cores, program, ["-p", folder + "/", "-c", "nginx.conf"], tools.Environment);
        _started.Add(process);
        return process;
    }
}
