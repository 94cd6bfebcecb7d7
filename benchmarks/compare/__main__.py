import sys

from compare.main import main

sys.exit(main())
