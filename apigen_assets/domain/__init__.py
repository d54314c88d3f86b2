"""The words everybody here uses: records without behaviour of their own. Imports nothing but apigen_assets.files."""
