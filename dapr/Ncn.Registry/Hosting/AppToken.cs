using System.Security.Cryptography;
using System.Text;
using Dapr;

namespace Ncn.Registry.Hosting;

/// <summary>Lets only the sidecar in, when it was given a token for this app (APP_API_TOKEN).</summary>
internal static class AppToken
{
    private const string Header = "dapr-api-token";

    internal static void UseAppToken(this WebApplication app)
    {
        var expected = DaprDefaults.GetDefaultAppApiToken(app.Configuration);
        if (expected.Length == 0)
        {
            return;
        }

        var secret = Encoding.UTF8.GetBytes(expected);
        app.Use(async (http, next) =>
        {
            if (IsOpen(http.Request.Path) || CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(http.Request.Headers[Header].ToString()), secret))
            {
                await next(http);
                return;
            }

            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
        });
    }

    // The numbers are for this machine alone, which the endpoint sees to.
    private static bool IsOpen(PathString path) => path == "/healthz" || path == "/readyz" || path == "/metrics";
}
