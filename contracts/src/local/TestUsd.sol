// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {ERC20, ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title A dollar for local chains, with the surface of USDC that payments use
/// @notice Name, symbol, decimals and EIP-712 domain are those of USDC (version "2"), so that clients
/// sign the same bytes as on Arbitrum. Never deployed where money is real.
contract TestUsd is ERC3009, IERC20Permit, Nonces {
    bytes32 private constant PERMIT_TYPEHASH =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

    /// @notice The only account that may mint.
    address public immutable minter;

    /// @notice The caller is not the minter.
    error NotMinter(address caller);
    /// @notice The permit was valid until `deadline`.
    error PermitExpired(uint256 deadline);
    /// @notice The owner did not sign this permit.
    error InvalidPermit();

    constructor(address minter_) ERC20("USD Coin", "USDC") EIP712("USD Coin", "2") {
        minter = minter_;
    }

    /// @notice Makes `amount` atomic units for `account`.
    function mint(address account, uint256 amount) external {
        if (msg.sender != minter) revert NotMinter(msg.sender);
        _mint(account, amount);
    }

    /// @inheritdoc IERC20Permit
    function permit(
        address owner,
        address spender,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        permit(owner, spender, value, deadline, abi.encodePacked(r, s, v));
    }

    /// @notice Permit with the signature in one piece; EIP-1271 when the owner is a contract.
    function permit(address owner, address spender, uint256 value, uint256 deadline, bytes memory signature)
        public
    {
        if (block.timestamp > deadline) revert PermitExpired(deadline);
        bytes32 fields =
            keccak256(abi.encode(PERMIT_TYPEHASH, owner, spender, value, _useNonce(owner), deadline));
        bool signed = SignatureChecker.isValidSignatureNow(owner, _hashTypedDataV4(fields), signature);
        if (!signed) revert InvalidPermit();

        _approve(owner, spender, value);
    }

    /// @notice EIP-3009 transfer with the signature in one piece; EIP-1271 when `from` is a contract.
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes memory signature
    ) external {
        bytes32 fields = keccak256(
            abi.encode(TRANSFER_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce)
        );
        _checkAuthorization(from, fields, signature);
        _transferWithAuthorization(from, to, value, validAfter, validBefore, nonce);
    }

    /// @notice EIP-3009 transfer that only `to` itself may send, with the signature in one piece.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes memory signature
    ) external {
        bytes32 fields = keccak256(
            abi.encode(RECEIVE_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce)
        );
        _checkAuthorization(from, fields, signature);
        if (to != msg.sender) revert ERC20InvalidReceiver(to);
        _transferWithAuthorization(from, to, value, validAfter, validBefore, nonce);
    }

    /// @inheritdoc IERC20Permit
    function nonces(address owner) public view override(IERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    /// @inheritdoc IERC20Permit
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @notice Version of the EIP-712 domain, as USDC shows it.
    function version() external pure returns (string memory) {
        return "2";
    }

    /// @notice Six, as USDC has.
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function _checkAuthorization(address from, bytes32 fields, bytes memory signature) private view {
        bool signed = SignatureChecker.isValidSignatureNow(from, _hashTypedDataV4(fields), signature);
        if (!signed) revert ERC3009InvalidSignature();
    }
}
