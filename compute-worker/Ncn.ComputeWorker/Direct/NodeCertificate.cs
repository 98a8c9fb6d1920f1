using System.Security.Cryptography.X509Certificates;
using Ncn.Hosting;

namespace Ncn.ComputeWorker.Direct;

/// <summary>The certificate of the gRPC endpoint: made at start, never on disk, and made anew when half of its life is over.</summary>
internal sealed class NodeCertificate(NodeIdentity node, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Life = TimeSpan.FromDays(30);

    private readonly Lock _gate = new();
    private X509Certificate2? _current;
    private DateTimeOffset _renewAt;

    /// <summary>For the next handshake. The last one is not disposed of here: handshakes may still read it.</summary>
    public X509Certificate2 Current
    {
        get
        {
            lock (_gate)
            {
                DateTimeOffset now = time.GetUtcNow();
                if (_current is null || now >= _renewAt)
                {
                    (_current, _renewAt) = (IdentityCertificate.Create(node.Signer, node.NetworkDomain, now, Life), now + (Life / 2));
                }

                return _current;
            }
        }
    }

    public void Dispose() => _current?.Dispose();
}
