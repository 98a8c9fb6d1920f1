using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Ncn.Protocol;
using Ncn.Tests.Escrow;
using Ncn.Tests.Vault;

namespace Ncn.ComputeWorker.Tests.Keys;

/// <summary>The operator's key comes from a file or a vault, and is in no log line and no exception, whatever goes wrong.</summary>
[Collection(NetworkGroup.Name)]
public sealed class OperatorKeyTests(NetworkFixture network)
{
    private const string VaultSetting = "Ncn:Worker:KeyVault";

    [Fact]
    public async Task A_worker_with_its_key_in_a_vault_joins_under_it_and_never_writes_it()
    {
        await using TestVault vault = await TestVault.StartAsync();
        await using TestGateway gateway = await TestGateway.StartAsync(await network.NewPartyAsync(0));
        Party party = await network.NewPartyAsync(0);
        vault.Secrets["node-1"] = party.Key;
        var log = new CollectedLog();
        await using (TestWorker worker = await TestWorker.StartAsync(party, gateway, null, Composed(vault, log), (VaultSetting, TestVault.Address), Everything))
        {
            Signed<NodeRecord> record = await Eventually.NextAsync(gateway.Joins);
            Assert.Equal(party.Address, record.Message.Operator);
            Assert.Equal(worker.EncryptionKey.Span.ToArray(), record.Message.EncryptionKey.Span.ToArray());
            Assert.True(File.Exists(Path.Combine(worker.State, "apps", "compute-1", "node.sealing")));
        }

        Assert.Equal(["https://vault.azure.net/.default"], vault.Scopes);
        Assert.NotEmpty(log.Lines);
        log.HasNot(party.Key);
    }

    [Theory]
    [InlineData("vault", "must be 0x and 64 hex digits")]
    [InlineData("vault without the secret", "404 SecretNotFound")]
    [InlineData("vault over http", "https address")]
    [InlineData("vault and file", "both set")]
    [InlineData("open file", "chmod 600")]
    [InlineData("torn file", "one line of 0x and 64 hex digits")]
    [InlineData("no key", "not a valid secp256k1 key")]
    [InlineData("no models", "does not exist")]
    public async Task A_worker_that_cannot_start_says_why_and_not_the_key(string what, string expected)
    {
        await using TestVault vault = await TestVault.StartAsync();
        await using TestGateway gateway = await TestGateway.StartAsync(await network.NewPartyAsync(0));
        Party party = await network.NewPartyAsync(0);
        string file = Path.Combine(Directory.CreateTempSubdirectory("ncn-keys-").FullName, "operator.key");
        await File.WriteAllTextAsync(file, what == "torn file" ? party.Key + "0" : what == "no key" ? "0x" + new string('f', 64) : party.Key);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | (what == "open file" ? UnixFileMode.OtherRead : 0));
        }

        vault.Secrets[what == "vault without the secret" ? "another" : "node-1"] = party.Key + "zz";
        (string, string)[] settings = what switch
        {
            "vault" or "vault without the secret" => [(VaultSetting, TestVault.Address)],
            "vault over http" => [(VaultSetting, TestVault.Address.Replace("https", "http", StringComparison.Ordinal))],
            "vault and file" => [(VaultSetting, TestVault.Address), ("Ncn:Worker:KeyFile", file)],
            "no models" => [("Ncn:Worker:Models", "/nowhere"), ("Ncn:Worker:KeyFile", file)],
            _ => [("Ncn:Worker:KeyFile", file)],
        };
        var log = new CollectedLog();

        Exception failure = await Assert.ThrowsAnyAsync<Exception>(() => TestWorker.StartAsync(party, gateway, null, Composed(vault, log), [.. settings, Everything]));

        Assert.Contains(expected, failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(party.Key[2..], failure.ToString(), StringComparison.OrdinalIgnoreCase);
        log.HasNot(party.Key);
    }

    private static (string, string) Everything => ("Logging:LogLevel:Default", "Trace");

    private static Action<WebApplicationBuilder> Composed(TestVault vault, CollectedLog log) => builder =>
    {
        vault.Serve(builder.Services);
        builder.Logging.AddProvider(log);
    };

    private sealed class CollectedLog : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public void HasNot(string key) =>
            Assert.All(Lines, line => Assert.DoesNotContain(key[2..], line, StringComparison.OrdinalIgnoreCase));

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
