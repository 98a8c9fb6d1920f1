using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Ncn.Protocol.Cryptography;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Files;

/// <summary>
/// Whose files and batches are whose: who sends the same Authorization header is the same account. The gateway gives out no keys; a
/// client thinks of one. Without the header everybody shares one account, in which things are found by their unguessable ids alone.
/// </summary>
public sealed class Accounts(GatewayIdentity identity)
{
    /// <summary>The account of requests without an Authorization header.</summary>
    public const string Anonymous = "anonymous";

    private const int Digits = 32;

    // Every instance of a gateway has the same key, so all of them derive the same accounts.
    private readonly byte[] _secret = identity.Signer.SignDigest(Keccak256.Of("ncn/accounts/1"u8)).ToArray();

    /// <summary>The caller's account: lower-case letters and digits.</summary>
    public string Of(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        var header = http.Request.Headers.Authorization.ToString();
        return header.Length == 0 ? Anonymous : Convert.ToHexStringLower(HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes(header)))[..Digits];
    }

    /// <summary>The caller's account; 401 when it has none of its own.</summary>
    public string Own(HttpContext http) => Of(http) is var account && account != Anonymous
        ? account
        : throw new ApiException(new ApiError(
            401, "account_missing", "A list is of one account's things: send the Authorization header with a secret of your choice, here and when you make them."));
}
