using System.Net;
using System.Net.Sockets;
using Ncn.Hosting.Outbound;

namespace Ncn.Hosting.Tests.Outbound;

/// <summary>What nobody can make this machine call.</summary>
public sealed class AddressGuardTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.1")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("168.63.129.16")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("::127.0.0.1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("2001:0:4136:e378::")]
    [InlineData("2001:db8::1")]
    [InlineData("fc00::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fe80::1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    public void Address_inside_is_not_public(string address) => Assert.False(PublicAddress.Is(IPAddress.Parse(address)));

    [Theory]
    [InlineData("93.184.216.34")]
    [InlineData("1.1.1.1")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("100.128.0.1")]
    [InlineData("168.63.129.17")]
    [InlineData("::ffff:1.1.1.1")]
    [InlineData("2606:4700:4700::1111")]
    [InlineData("2a00:1450:4001:80b::200e")]
    public void Address_of_the_internet_is_public(string address) => Assert.True(PublicAddress.Is(IPAddress.Parse(address)));

    [Theory]
    [InlineData("http://127.0.0.1:3601", false, "127.0.0.1", true)]
    [InlineData("http://127.0.0.1:3601", false, "10.0.0.1", false)]
    [InlineData("https://ncn.example", false, "127.0.0.1", false)]
    [InlineData("https://ncn.example", true, "10.0.0.1", true)]
    [InlineData("https://ncn.example", true, "::1", true)]
    [InlineData(null, false, "127.0.0.1", false)]
    [InlineData(null, false, "1.1.1.1", true)]
    public void Rules_follow_from_where_a_process_stands(string? publicUrl, bool allowPrivate, string address, bool isAllowed) =>
        Assert.Equal(isAllowed, AddressRules.Of(publicUrl, allowPrivate).IsAllowed(IPAddress.Parse(address)));

    [Theory]
    [InlineData("[::1]")]
    [InlineData("::1")]
    [InlineData("inside.example")]
    public async Task A_host_with_one_address_inside_is_refused_and_the_address_not_told(string host)
    {
        var guard = new AddressGuard(AddressRules.PublicOnly, static (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("1.1.1.1"), IPAddress.Parse("10.9.8.7")]));
        var refused = await Assert.ThrowsAsync<AddressRefusedException>(() => guard.ResolveAsync(host, default));
        Assert.DoesNotContain("10.9.8.7", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_goes_to_the_address_that_was_looked_at_and_to_no_other()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var lookups = 0;
        var guard = new AddressGuard(new AddressRules(AllowLoopback: true), (_, _) =>
        {
            lookups++;
            return Task.FromResult<IPAddress[]>([IPAddress.Loopback]);
        });
        using var http = new HttpClient(guard.Handler(TimeSpan.FromSeconds(30)));
        var call = http.GetAsync(new Uri($"http://peer.example:{((IPEndPoint)listener.LocalEndpoint).Port}/"));
        using var server = await listener.AcceptTcpClientAsync();
        await server.GetStream().WriteAsync("HTTP/1.1 204 No Content\r\n\r\n"u8.ToArray());
        Assert.Equal((HttpStatusCode.NoContent, 1), ((await call).StatusCode, lookups));
    }
}
